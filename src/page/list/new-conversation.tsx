/** The dialog that makes a room which people belong to. */
import { useId, useState, type FormEvent } from 'react';
import { useClient, useContacts } from '../../client/react/index.ts';
import type { Client } from '../../client/index.ts';
import { errorWords } from '../format.ts';
import { Choice } from '../parts/choice.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { go } from '../places.ts';

const HOUR_MS = 3_600_000;
/** Contacts that are offered; others are named. */
const OFFERED_MAX = 12;

const kinds = {
  normal: { name: 'For good', hint: 'People belong to it until they leave, whether they are here or not.' },
  temporary: { name: 'For a while', hint: 'Up to ten people; it ends by itself, with all that was said.' },
  transient: { name: 'Live', hint: 'Nobody belongs to it: whoever comes is there, and only counted.' },
} as const;
type Kind = keyof typeof kinds;

const spans = [
  [HOUR_MS, 'an hour'],
  [24 * HOUR_MS, 'a day'],
  [7 * 24 * HOUR_MS, 'a week'],
] as const;

interface Plan {
  readonly kind: Kind;
  readonly title: string;
  /** As they are typed: names apart by commas. */
  readonly people: string;
  readonly ttlMs: number;
}

export function NewConversation({ close }: { readonly close: () => void }) {
  const client = useClient();
  const [plan, setPlan] = useState<Plan>({ kind: 'normal', title: '', people: '', ttlMs: 24 * HOUR_MS });
  const [problem, setProblem] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const id = useId();
  const change = (changes: Partial<Plan>): void => setPlan({ ...plan, ...changes });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isBusy) return;
    if (plan.kind !== 'transient' && plan.title.trim() === '' && namesIn(plan.people).length === 0)
      return setProblem('Please say with whom, or what it is about.');
    setIsBusy(true);
    make(client, plan).then(
      (name) => {
        close();
        go({ kind: 'room', name });
      },
      (error: unknown) => {
        setIsBusy(false);
        setProblem(errorWords(error));
      },
    );
  };
  return (
    <Dialog title="New conversation" close={close}>
      <form className="dialog-form" onSubmit={submit} noValidate>
        {plan.kind === 'transient' ? undefined : (
          <PeopleField id={`${id}-people`} people={plan.people} change={(people) => change({ people })} />
        )}
        {plan.kind === 'temporary' ? undefined : (
          <>
            <label htmlFor={`${id}-title`}>Title</label>
            <input
              id={`${id}-title`}
              value={plan.title}
              onChange={(event) => change({ title: event.target.value })}
              placeholder="What it is about"
              maxLength={100}
              dir="auto"
              autoComplete="off"
            />
          </>
        )}
        <Kinds kind={plan.kind} change={(kind) => change({ kind })} />
        {plan.kind === 'temporary' ? (
          <SpanField id={`${id}-span`} ttlMs={plan.ttlMs} change={(ttlMs) => change({ ttlMs })} />
        ) : undefined}
        <p className="problem" role="alert">
          {problem}
        </p>
        <button type="submit" className="primary wide" aria-disabled={isBusy}>
          {isBusy ? 'Being made …' : 'Start'}
        </button>
      </form>
    </Dialog>
  );
}

function Kinds({ kind, change }: { readonly kind: Kind; readonly change: (kind: Kind) => void }) {
  const id = useId();
  return (
    <fieldset className="choices">
      <legend>How long is it there?</legend>
      {Object.entries(kinds).map(([each, { name, hint }]) => (
        <Choice
          key={each}
          kind="radio"
          group={id}
          name={name}
          hint={hint}
          isChosen={kind === each}
          choose={() => change(each as Kind)} // a key of `kinds`
        />
      ))}
    </fieldset>
  );
}

interface SpanFieldProps {
  readonly id: string;
  readonly ttlMs: number;
  readonly change: (ttlMs: number) => void;
}

function SpanField({ id, ttlMs, change }: SpanFieldProps) {
  return (
    <>
      <label htmlFor={id}>It ends after</label>
      <select id={id} value={ttlMs} onChange={(event) => change(Number(event.target.value))}>
        {spans.map(([ms, name]) => (
          <option key={ms} value={ms}>
            {name}
          </option>
        ))}
      </select>
    </>
  );
}

interface PeopleFieldProps {
  readonly id: string;
  readonly people: string;
  readonly change: (people: string) => void;
}

function PeopleField({ id, people, change }: PeopleFieldProps) {
  const { userName: own } = useClient();
  const { contacts } = useContacts();
  const named = namesIn(people);
  const offered = contacts.filter(({ userName }) => userName !== own && !named.includes(userName));
  return (
    <>
      <label htmlFor={id}>People</label>
      <input
        id={id}
        value={people}
        onChange={(event) => change(event.target.value)}
        placeholder="ann, bob"
        dir="auto"
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        aria-describedby={`${id}-hint`}
      />
      <p className="hint" id={`${id}-hint`}>
        Their names, with commas between. With the same people and no title you come back to the same conversation.
      </p>
      {offered.length === 0 ? undefined : (
        <ul className="offers" aria-label="Contacts">
          {offered.slice(0, OFFERED_MAX).map(({ userName }) => (
            <li key={userName}>
              <button
                type="button"
                className="quiet offer"
                aria-label={`Add ${userName}`}
                onClick={() => change([...named, userName].join(', '))}
              >
                + {userName}
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const namesIn = (people: string): string[] => [
  ...new Set(
    people
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
];

/** Resolves with its name. */
async function make(client: Client, { kind, title, people, ttlMs }: Plan): Promise<string> {
  const about = title.trim() === '' ? {} : { attributes: { title: title.trim() } };
  const members = namesIn(people);
  switch (kind) {
    case 'temporary':
      return (await client.conversations.create({ kind, members, ttlMs })).name;
    case 'transient':
      return (await client.conversations.create({ kind, whitelistOnly: false, ...about })).name;
    case 'normal':
      // Who has talked with these people before goes on there, unless it is about something else.
      return (await client.conversations.create({ members, unique: title.trim() === '', ...about })).name;
  }
}
