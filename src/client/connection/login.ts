/** What a client logs in with: the application's credentials the first time, what the service gave it for later ones. */
import type { AuthData, Credentials } from '../../protocol/connection.ts';
import type { InboxPosition } from '../../protocol/inbox.ts';
import { isMap, type Value } from '../../protocol/params/values.ts';
import { randomText } from '../random-text.ts';
import type { Questions } from './questions.ts';
import { signatureOf, type SignatureFactories } from './signatures.ts';

export interface LoginSource {
  readonly credentials: () => Credentials | Promise<Credentials>;
  /** False where the credentials are a token that was given once. */
  readonly renewable: boolean;
  /** Goes with any credentials that do not say otherwise. */
  readonly login: Pick<Credentials, 'offlineMessages' | 'enableSync' | 'tag' | 'isReconnect' | 'deviceId'>;
  readonly signatures: Partial<SignatureFactories>;
  /** By which the functions of the application are asked. */
  readonly questions: Questions;
}

export class Login {
  readonly #source: LoginSource;
  #resumeToken: string | undefined;
  #authData: AuthData | undefined;
  /** Of the last credentials that let the client in, without what a resume token stands for. */
  #deviceFields: Credentials = {};
  /** Where the application names none. */
  #device: string | undefined;
  /** Up to where this device has come in its user's inbox. */
  #inbox: InboxPosition | undefined;

  constructor(source: LoginSource) {
    this.#source = source;
  }

  /** What the last login gave. */
  get authData(): AuthData | undefined {
    return this.#authData;
  }

  /** Whether the next one goes by resume token, and can be followed by one with credentials if that is refused. */
  get isResumed(): boolean {
    return this.#resumeToken !== undefined;
  }

  /** Rejects with what the application's functions throw, or with `timeout`. */
  async credentials(): Promise<Credentials> {
    if (this.#resumeToken !== undefined) {
      return this.#comingBack({ ...this.#deviceFields, resumeToken: this.#resumeToken });
    }
    const { login } = this.#source;
    const { offlineMessages, ...device } = login;
    // `none` is what a service takes nothing for.
    const mode = offlineMessages === undefined || offlineMessages === 'none' ? {} : { offlineMessages };
    const credentials = { ...mode, ...device, ...(await this.given()) };
    return this.#comingBack(await this.#signed({ ...credentials, ...this.#deviceOf(credentials) }));
  }

  /** What the application gives. */
  given(): Promise<Credentials> {
    const { credentials, questions } = this.#source;
    return questions.ask('the credentials function', credentials);
  }

  /** A login with these credentials was successful. */
  took(authData: AuthData, credentials: Credentials): void {
    if (!this.isResumed) {
      const {
        token: _token,
        userName: _userName,
        anonymous: _anonymous,
        resumeToken: _given,
        signature: _signature,
        ...deviceFields
      } = credentials;
      this.#deviceFields = deviceFields;
    }
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

  /** Who has a tag is known by its device, also to its own former socket, which the service may not have missed yet. */
  #deviceOf({ tag = 'default', deviceId, resumeToken }: Credentials): Pick<Credentials, 'deviceId'> {
    if (tag === 'default' || deviceId !== undefined || resumeToken !== undefined) return {};
    return { deviceId: (this.#device ??= randomText()) };
  }

  async #signed(credentials: Credentials): Promise<Credentials> {
    const { userName, token, signature } = credentials;
    const { questions, signatures } = this.#source;
    const { signatureFactory: make } = signatures;
    if (make === undefined || token !== undefined || signature !== undefined) return credentials;
    const made = await questions.ask('the signature factory', () => signatureOf(() => make(userName)));
    return { ...credentials, signature: made };
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
