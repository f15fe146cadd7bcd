/** What conversations with one other user are made with. */
import type { Core } from '../core.ts';
import type { Outbox } from '../message/outbox.ts';
import type { ReadMarks } from '../message/read-marks.ts';

/** What conversations share. */
export interface DirectParts {
  readonly core: Core;
  readonly outbox: Outbox;
  readonly readMarks: ReadMarks;
}

export interface DirectDeps extends DirectParts {
  /** Its object is to be among those that are kept. */
  readonly kept: () => void;
}
