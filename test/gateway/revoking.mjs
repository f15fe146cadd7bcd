// Hooks that name somebody else, and that end a user's logins while one of them is under way.
let asked;

export const hooks = {
  onStart({ service }) {
    asked = service;
  },

  async onConnect({ userName, credentials }) {
    if (credentials.deviceId === 'ended meanwhile') await asked.call('revokeLogins', [userName]);
    return userName === 'eve' ? { userName: 'eve as agent' } : undefined;
  },
};
