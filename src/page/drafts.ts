/**
 * What was begun and is not sent yet: messages by conversation, which a load of this tab keeps too, changes of messages, and what
 * is on its way or was refused.
 */
import { useEffect } from 'react';
import { useClient, type MessageView, type Talk } from '../client/react/index.ts';
import type { Client, Message } from '../client/index.ts';

/** What the next message answers, as it is shown. */
export interface Answered {
  readonly id: number;
  readonly author: string;
  readonly words: string;
}

export interface Draft {
  readonly text: string;
  readonly answered?: Answered | undefined;
}

interface Change {
  readonly message: Message;
  readonly text: string;
}

const KEY = 'parley-drafts';
const NOTHING: Draft = { text: '', answered: undefined };

const drafts = new Map<string, Draft>(kept());
const changes = new Map<string, Change>();
/** Sent from this page, and maybe not out yet: nowhere else is it kept. */
const sent = new Set<Message>();
/** Drafts of rooms that one was taken out of: they are kept for who is let in again, and nothing to ask about. */
const outOf = new Set<string>();

// No name has a control character in it.
const placeOf = (talk: Talk): string => ('userName' in talk ? `direct\n${talk.userName}` : `room\n${talk.name}`);
const keyOf = (client: Client, talk: Talk): string => `${client.userName ?? ''}\n${placeOf(talk)}`;

export const draftOf = (client: Client, talk: Talk): Draft => drafts.get(keyOf(client, talk)) ?? NOTHING;

export function keepDraft(client: Client, talk: Talk, part: Partial<Draft>): void {
  const key = keyOf(client, talk);
  const draft = { ...draftOf(client, talk), ...part };
  if (draft.text === '' && draft.answered === undefined) drafts.delete(key);
  else drafts.set(key, draft);
  outOf.delete(key);
  write();
}

/** What a message was to say instead, as far as it was typed. */
export const changeOf = (talk: Talk, { id }: MessageView): string | undefined =>
  changes.get(`${placeOf(talk)}\n${id}`)?.text;

/** Without a text nothing is to be changed any more. */
export function keepChange(talk: Talk, { id, message }: MessageView, text: string | undefined): void {
  const key = `${placeOf(talk)}\n${id}`;
  if (text === undefined) changes.delete(key);
  else changes.set(key, { message, text });
}

export function noteSent(message: Message): void {
  for (const each of sent) if (!isUnsent(each)) sent.delete(each);
  sent.add(message);
}

/** Nobody wants it sent any more. */
export const forgetSent = (message: Message): void => void sent.delete(message);

const isUnsent = ({ status }: Message): boolean => status === 'sending' || status === 'failed';

/** One does not come back to it. */
export function forgetTalk(client: Client, talk: Talk): void {
  keepDraft(client, talk, NOTHING);
  forgetUnsent(talk);
}

function forgetUnsent(talk: Talk): void {
  for (const key of changes.keys()) if (key.startsWith(`${placeOf(talk)}\n`)) changes.delete(key);
  for (const each of sent) if (each.room === talk || each.direct === talk) sent.delete(each);
}

export function forgetDrafts(): void {
  drafts.clear();
  write();
}

/** The browser asks before it goes from a page where something would be lost. */
export function useAskingBeforeEnd(): void {
  const client = useClient();
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent): void => {
      if (isUnfinished(client)) event.preventDefault();
    };
    // Whoever has ended it: deleted, left on another device, or taken away.
    const left = ({ roomName }: { readonly roomName: string }): void => {
      if (client.state === 'closed') return;
      const room = client.room(roomName);
      forgetUnsent(room);
      outOf.add(keyOf(client, room));
    };
    window.addEventListener('beforeunload', ask);
    client.on('left', left);
    return () => {
      window.removeEventListener('beforeunload', ask);
      client.off('left', left);
      changes.clear();
      sent.clear();
      outOf.clear();
    };
  }, [client]);
}

function isUnfinished({ userName = '' }: Client): boolean {
  if ([...sent].some(isUnsent)) return true;
  if ([...changes.values()].some(({ message }) => !message.recalled)) return true;
  const isOurs = (key: string): boolean => key.startsWith(`${userName}\n`) && !outOf.has(key);
  return [...drafts].some(([key, { text }]) => isOurs(key) && text.trim() !== '');
}

function kept(): [string, Draft][] {
  try {
    const all: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
    if (typeof all !== 'object' || all === null) return [];
    return Object.entries(all).flatMap(([key, draft]) => (isDraft(draft) ? [[key, draft]] : []));
  } catch {
    return [];
  }
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null || !('text' in value) || typeof value.text !== 'string') return false;
  const answered = 'answered' in value ? value.answered : undefined;
  if (answered === undefined) return true;
  if (typeof answered !== 'object' || answered === null) return false;
  const { id, author, words } = answered as Record<string, unknown>;
  return Number.isSafeInteger(id) && typeof author === 'string' && typeof words === 'string';
}

/** Where a browser keeps nothing, they are there until the page goes. */
function write(): void {
  try {
    if (drafts.size === 0) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(Object.fromEntries(drafts)));
  } catch {
    return;
  }
}
