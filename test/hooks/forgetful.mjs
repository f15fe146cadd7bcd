// Hooks that begin something which fails when nobody waits for it.
export const hooks = {
  roomMessageCheck: () => {
    void Promise.reject(new Error('nobody has waited for this'));
  },
};
