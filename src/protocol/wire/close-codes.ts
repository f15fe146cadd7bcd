/** The WebSocket close codes a server uses, and what each means to a client. When one is used is left to the gateway. */

export interface CloseEntry {
  readonly code: number;
  /** Text in the close frame; also the name of the code. */
  readonly reason: string;
  /** True: connect again (with a growing, randomised delay). False: not without a change. */
  readonly comeBack: boolean;
  readonly doc: string;
}

export const closeCodes = {
  normal: {
    code: 1000,
    reason: 'normal',
    comeBack: false,
    doc: 'The client ended its login with `disconnect`.',
  },
  frameTooLarge: {
    code: 1009,
    reason: 'frameTooLarge',
    comeBack: false,
    doc: 'A frame exceeded `limits.frameBytes`; behind the name and a colon, the reason says by how much.',
  },
  goAway: {
    code: 4000,
    reason: 'goAway',
    comeBack: true,
    doc: 'The node is leaving. Come back after the delay that the `goAway` notification named; another node answers.',
  },
  slowConsumer: {
    code: 4001,
    reason: 'slowConsumer',
    comeBack: true,
    doc: 'The client read too slowly and too much was waiting for it. It may be seen as 1006.',
  },
  nodeLost: {
    code: 4002,
    reason: 'nodeLost',
    comeBack: true,
    doc: 'The node lost its place in the cluster, or the store lost its data. Log in and join afresh.',
  },
  pingTimeout: {
    code: 4003,
    reason: 'pingTimeout',
    comeBack: true,
    doc: 'The client did not answer WebSocket pings. It is usually seen as 1006.',
  },
  loginTimeout: {
    code: 4004,
    reason: 'loginTimeout',
    comeBack: true,
    doc: 'No successful `login` came in time.',
  },
  serverError: {
    code: 4005,
    reason: 'serverError',
    comeBack: true,
    doc: 'The service could not serve the connection for a temporary reason, for instance at login.',
  },
  tooManyRequests: {
    code: 4006,
    reason: 'tooManyRequests',
    comeBack: true,
    doc: 'The client went on sending far beyond its limits.',
  },
  protocolError: {
    code: 4500,
    reason: 'protocolError',
    comeBack: false,
    doc: 'The client sent something malformed; behind the name and a colon, the reason says what.',
  },
  loginRejected: {
    code: 4501,
    reason: 'loginRejected',
    comeBack: false,
    doc: 'The login was refused; the `loginRejected` notification before it says why.',
  },
  disconnectForced: {
    code: 4502,
    reason: 'disconnectForced',
    comeBack: false,
    doc: 'The operator ended the connection; the reason may be a sentence for people.',
  },
  loginConflict: {
    code: 4503,
    reason: 'loginConflict',
    comeBack: false,
    doc: 'Another login with the same tag took over.',
  },
  tokenExpired: {
    code: 4504,
    reason: 'tokenExpired',
    comeBack: false,
    doc: 'The token expired and was not renewed with `loginRefresh`. Come back with a new one.',
  },
  notSupported: {
    code: 4505,
    reason: 'notSupported',
    comeBack: false,
    doc: 'The client asked for something that this service does not offer.',
  },
} as const satisfies Record<string, CloseEntry>;

export type CloseName = keyof typeof closeCodes;
