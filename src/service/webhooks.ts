/** What the service itself asks about its webhook. Where there is none nothing is allowed. */
import { badArgument, fail, failBecause, type Failure } from '../protocol/errors/errors.ts';
import { isStorableName } from '../protocol/names/rule.ts';
import type { ServerArgs } from '../protocol/service/catalogue.ts';
import type { serverWebhookRequests } from '../protocol/service/webhooks.ts';
import type { ReplayFrom } from '../store/webhook/webhook-store.ts';
import { ok } from '../chat/outcome.ts';
import { SERVICE_LOG } from '../chat/webhook/relay.ts';
import type { ServerHandlers, ServerServices } from './contract.ts';

type WebhookHandlers = Pick<ServerHandlers, keyof typeof serverWebhookRequests>;

const none = (): Failure<'notAllowed'> => failBecause('notAllowed', [], 'there is no PARLEY_WEBHOOK_URL');

export function serverWebhookHandlers({ services, outboxes }: ServerServices): WebhookHandlers {
  const { webhooks, settings } = services;
  return {
    async webhookReplay({ roomName, from }) {
      if (webhooks === undefined) return none();
      const place = placeOf(from);
      if (place === undefined) return badArgument(1, { ...from }, 'it names exactly one of seq, id and time');
      if (!isStorableName(roomName, settings.limits)) return fail('noRoom', [roomName]);
      const replayed = await outboxes.replay({ roomName }, place);
      if (replayed === 'noRoom') return fail(replayed, [roomName]);
      webhooks.relay.hasten(roomName);
      return ok(replayed);
    },

    async webhookState({ roomName }) {
      if (webhooks === undefined) return none();
      if (roomName !== undefined && !isStorableName(roomName, settings.limits)) return fail('noRoom', [roomName]);
      const { relay } = webhooks;
      const here = { breaker: relay.breaker.state, waiting: relay.size };
      const read = await outboxes.read(roomName === undefined ? undefined : { roomName });
      if (read === 'noRoom' && roomName !== undefined) return fail(read, [roomName]);
      // Nothing was ever noted that is of no room.
      if (read === 'noRoom')
        return ok({ ...here, seq: null, lastSeq: 0, epoch: SERVICE_LOG, failures: 0, retryInMs: 0, node: null });
      const { seq, lastSeq, epoch, failures, waitMs, node } = read;
      const place = { seq: seq < 0 ? null : seq, lastSeq, epoch, failures, retryInMs: waitMs };
      return ok({ ...here, ...place, node: node === '' ? null : node });
    },
  };
}

function placeOf({ seq, id, time }: ServerArgs<'webhookReplay'>['from']): ReplayFrom | undefined {
  const given = Object.entries({ seq, id, time }).flatMap(([by, from]) =>
    from === undefined ? [] : [{ by, from } as ReplayFrom],
  );
  return given.length === 1 ? given[0] : undefined;
}
