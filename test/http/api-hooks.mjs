// Hooks for the tests of the server API: they ask the service at its start, and refuse what a room's name says.

let asked;

export const hooks = {
  async onStart({ service }) {
    asked = service;
    // Nodes that start at the same time all ask.
    await service.call('addRoom', { roomName: 'made by hooks', options: { owner: 'ada' } }).catch((refusal) => {
      if (refusal.code !== 'roomExists') throw refusal;
    });
  },

  roomMessageCheck: ({ message }) =>
    message.text === 'rude' ? { error: { code: 'tooRude', args: [message.text], message: 'Be kind.' } } : undefined,

  before: {
    // What a caller of the service asks it here, with what comes back as the result.
    async systemMessage({ args }) {
      const { ask, params, as } = args.data;
      if (ask === undefined) return undefined;
      const told = await asked.call(ask, params, as).then(
        (result) => ({ result }),
        ({ code, args: details, message }) => ({ refused: { code, details, message } }),
      );
      await asked.call('systemMessage', [told], { userName: 'ada', bypassHooks: true });
      return undefined;
    },
    roomLeave: ({ args }) => (args.roomName === 'stay' ? { error: { code: 'notYet', temporary: true } } : undefined),
  },
};
