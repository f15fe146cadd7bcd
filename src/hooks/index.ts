/** What the package exports for operators: the types of the hooks contract, and of what travels through it. */
export type {
  ActingAs,
  Before,
  Connected,
  Connecting,
  DirectMessageCheck,
  Disconnected,
  HookedRequest,
  HookPolicy,
  Hooks,
  Joining,
  LeaveCause,
  Left,
  ProfileAsked,
  Refusal,
  RequestCall,
  RequestOutcome,
  MessageCheckedChange,
  RoomMessageCheck,
  ServiceApi,
  Verdict,
} from './contract.ts';
export type { Value, ValueMap } from '../protocol/params/values.ts';
