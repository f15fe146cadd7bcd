/** All handlers of the service's own requests, by name: one that is missing or mistyped does not compile. */
import type { ServerHandlers, ServerServices } from './contract.ts';
import { serverImportHandlers } from './imports.ts';
import { serverRoomHandlers } from './rooms.ts';
import { serverUserDataHandlers } from './user-data.ts';
import { serverUserHandlers } from './users.ts';
import { serverWebhookHandlers } from './webhooks.ts';

export function bindServerHandlers(services: ServerServices): ServerHandlers {
  return {
    ...serverUserHandlers(services),
    ...serverUserDataHandlers(services),
    ...serverRoomHandlers(services),
    ...serverImportHandlers(services),
    ...serverWebhookHandlers(services),
  };
}
