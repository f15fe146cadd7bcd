/**
 * Whose rights a script is asked with: a user's, who may be refused, or the service's own, which has every right. A script
 * is told both the name and, as an argument of its own, whether it is to be trusted: no name means that by itself.
 */
import { flag } from '../redis/script.ts';

export type Rights = { readonly as: 'user'; readonly userName: string } | { readonly as: 'service' };

export const SERVICE: Rights = { as: 'service' };
export const rightsOf = (userName: string): Rights => ({ as: 'user', userName });

/** What a script that asks for rights wants among its arguments. */
export const RIGHTS = ['user', 'trusted'] as const;

/** Is in no list and owns nothing: no name holds a colon. */
export const NOBODY = ':';

export const rightsArgs = (rights: Rights): { readonly user: string; readonly trusted: '0' | '1' } => ({
  user: rights.as === 'user' ? rights.userName : NOBODY,
  trusted: flag(rights.as === 'service'),
});
