/** How a message that is stored is changed. What the changes are is left to the messages. */

export interface ChangeOptions {
  /** After this time without an answer it fails with `timeout`; it may have been done. */
  readonly giveUpAfterMs?: number | undefined;
}

export interface UpdateOptions extends ChangeOptions {
  /** Only where the message is of this version; else it fails with `versionConflict`. */
  readonly ifVersion?: number | undefined;
  /** Names of users, 50 at most. */
  readonly mentions?: readonly string[] | undefined;
}

export interface RecallOptions extends ChangeOptions {
  /** Told to who is there, and kept nowhere. */
  readonly reason?: string | undefined;
}

export interface ReactOptions extends ChangeOptions {
  /** Takes the reaction back. */
  readonly remove?: boolean | undefined;
}

export interface AppendOptions extends ChangeOptions {
  /** That is all of the text: nothing can be appended behind it. */
  readonly done?: boolean | undefined;
}
