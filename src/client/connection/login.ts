/** What a client logs in with: the application's credentials the first time, what the service gave it for later ones. */
import type { AuthData, Credentials } from '../../protocol/connection.ts';
import type { InboxPosition } from '../../protocol/inbox.ts';
import { isMap, type Value } from '../../protocol/params/values.ts';
import { signatureOf, type SignatureFactories } from './signatures.ts';

export interface LoginSource {
  readonly credentials: () => Credentials | Promise<Credentials>;
  /** False where the credentials are a token that was given once. */
  readonly renewable: boolean;
  /** Goes with any credentials that do not say otherwise. */
  readonly login: Pick<Credentials, 'offlineMessages' | 'enableSync' | 'tag' | 'isReconnect' | 'deviceId'>;
  readonly signatures: Partial<SignatureFactories>;
}

export class Login {
  readonly #source: LoginSource;
  /** Called with credentials of the application's that are about to be used. */
  readonly #used: (credentials: Credentials) => void;
  #resumeToken: string | undefined;
  #authData: AuthData | undefined;
  /** The last credentials used, without what a resume token stands for. */
  #deviceFields: Credentials = {};
  /** Up to where this device has come in its user's inbox. */
  #inbox: InboxPosition | undefined;

  constructor(source: LoginSource, used: (credentials: Credentials) => void) {
    this.#source = source;
    this.#used = used;
  }

  /** What the last login gave. */
  get authData(): AuthData | undefined {
    return this.#authData;
  }

  /** Whether the next one goes by resume token, and can be followed by one with credentials if that is refused. */
  get isResumed(): boolean {
    return this.#resumeToken !== undefined;
  }

  /** Rejects with what the application's functions throw. */
  async credentials(): Promise<Credentials> {
    if (this.#resumeToken !== undefined) {
      return this.#comingBack({ ...this.#deviceFields, resumeToken: this.#resumeToken });
    }
    const { login, signatures } = this.#source;
    const { offlineMessages, ...device } = login;
    // `none` is what a service takes nothing for.
    const mode = offlineMessages === undefined || offlineMessages === 'none' ? {} : { offlineMessages };
    const credentials = await this.#signed({ ...mode, ...device, ...(await this.#source.credentials()) }, signatures);
    const {
      token: _token,
      userName: _userName,
      anonymous: _anonymous,
      resumeToken: _given,
      signature: _signature,
      ...deviceFields
    } = credentials;
    this.#deviceFields = deviceFields;
    this.#used(credentials);
    return this.#comingBack(credentials);
  }

  /** A login was successful. */
  took(authData: AuthData): void {
    this.#authData = authData;
    // Later ones are led from where they were: what lies between comes first, or a reset.
    this.#inbox ??= authData.inbox;
    this.#resumeToken = authData.resumeToken;
  }

  /** Asks for other credentials: the chain of resumed logins ends with what it began with. */
  forgetToken(): void {
    this.#resumeToken = undefined;
  }

  /** An `inboxPosition` or `inboxReset`. */
  moveInbox([position]: readonly Value[]): void {
    const { epoch, seq, timestamp } = isMap(position) ? position : {};
    if (typeof epoch !== 'string' || typeof seq !== 'number') return;
    this.#inbox = { epoch, seq, ...(typeof timestamp === 'number' ? { timestamp } : {}) };
  }

  async #signed(credentials: Credentials, { signatureFactory }: Partial<SignatureFactories>): Promise<Credentials> {
    const { userName, token, signature } = credentials;
    if (signatureFactory === undefined || token !== undefined || signature !== undefined) return credentials;
    return { ...credentials, signature: await signatureOf(() => signatureFactory(userName)) };
  }

  /**
   * Who was here before says up to where it has come. And who comes back by itself takes a tag from nobody: two devices
   * would take it from each other for ever.
   */
  #comingBack(credentials: Credentials): Credentials {
    const isAgain = credentials.tag !== undefined && this.#authData !== undefined;
    const inbox = this.#inbox === undefined ? {} : { inbox: this.#inbox };
    return { ...credentials, ...inbox, inboxTimestamps: true, ...(isAgain ? { isReconnect: true } : {}) };
  }
}
