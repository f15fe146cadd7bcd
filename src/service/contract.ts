/** What the handlers of the service's own requests work with, and what they are. */
import type { GeneralErrors } from '../protocol/catalogue.ts';
import type { Failure } from '../protocol/errors/errors.ts';
import type { ServerArgs, ServerErrors, ServerRequestName, ServerResult } from '../protocol/service/catalogue.ts';
import type { AdminStore } from '../store/admin/admin-store.ts';
import type { Directory } from '../store/admin/directory.ts';
import type { AuthoredStore } from '../store/authored/authored-store.ts';
import type { ImportStore } from '../store/imported/import-store.ts';
import type { WebhookStore } from '../store/webhook/webhook-store.ts';
import type { Ok } from '../chat/outcome.ts';
import type { Erasures } from '../chat/repair/erasures.ts';
import type { Services } from '../chat/services.ts';

export interface ServerServices {
  readonly services: Services;
  readonly admin: AdminStore;
  readonly directory: Directory;
  readonly authored: AuthoredStore;
  readonly imports: ImportStore;
  readonly outboxes: WebhookStore;
  readonly erasures: Pick<Erasures, 'erase'>;
  /** Names that a list of a room, and one of a user, hold at most. */
  readonly roomListSizeLimit: number;
  readonly directListSizeLimit: number;
}

export type ServerOutcome<N extends ServerRequestName> = Ok<ServerResult<N>> | Failure<ServerErrors<N> | GeneralErrors>;

export type ServerHandlers = {
  readonly [N in ServerRequestName]: (args: ServerArgs<N>) => Promise<ServerOutcome<N>>;
};
