// Hooks that let nothing pass, and nobody.
const refuse = () => ({ error: { code: 'notAllowed' } });

export const hooks = {
  onConnect: refuse,
  roomMessageCheck: refuse,
  directMessageCheck: refuse,
  before: { '*': refuse },
};
