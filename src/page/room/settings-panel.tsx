/** What a room is called, how fast people may write, whether it calls one, and how one is rid of it. */
import { useId, useState, type FormEvent } from 'react';
import { useClient } from '../../client/react/index.ts';
import type { Room } from '../../client/index.ts';
import { errorWords, exactTimeOf } from '../format.ts';
import { Choice } from '../parts/choice.tsx';
import { SidePanel } from '../parts/side-panel.tsx';
import { useIsNarrow } from '../width.ts';
import { isChief, type Standing } from './standing.ts';

interface SettingsProps {
  readonly room: Room;
  readonly standing: Standing;
  readonly title: string | undefined;
  readonly close: () => void;
  readonly leave: () => Promise<void>;
  /** For everybody. */
  readonly end: () => Promise<void>;
}

const paces = [
  [0, 'as one likes'],
  [10_000, '10 seconds'],
  [60_000, 'a minute'],
  [600_000, '10 minutes'],
  [3_600_000, 'an hour'],
] as const;

export function SettingsPanel({ room, standing, title, close, leave, end }: SettingsProps) {
  const { role, kind, endsAt } = standing;
  const { act, problem, isBusy } = useDoing();
  const isNarrow = useIsNarrow();
  const id = useId();
  return (
    <SidePanel title="About this room" what="settings" close={close} isAsked>
      {isChief(role) && kind !== 'temporary' ? (
        <TitleForm room={room} title={title} act={act} isBusy={isBusy} />
      ) : undefined}
      {isChief(role) ? (
        <div className="panel-form">
          <label htmlFor={`${id}-pace`}>Slow mode: from one message to the next</label>
          <select
            id={`${id}-pace`}
            value={standing.slowModeMs}
            aria-disabled={isBusy}
            onChange={({ target }) => act(() => room.slowMode(Number(target.value)))}
          >
            {pacesWith(standing.slowModeMs).map(([ms, name]) => (
              <option key={ms} value={ms}>
                {name}
              </option>
            ))}
          </select>
        </div>
      ) : undefined}
      {endsAt === null ? undefined : <p className="hint">It ends {exactTimeOf(endsAt)}.</p>}
      {role === null || standing.memberCount === 0 ? undefined : (
        <MuteBox room={room} muted={standing.muted} act={act} />
      )}
      <p className="problem" role="alert">
        {problem}
      </p>
      {standing.memberCount > 0 && role !== null && role !== 'owner' && kind === 'normal' ? (
        <button type="button" className="quiet danger" aria-disabled={isBusy} onClick={() => act(leave)}>
          Leave for good
        </button>
      ) : undefined}
      {isNarrow && standing.memberCount === 0 ? (
        <button type="button" className="quiet" aria-disabled={isBusy} onClick={() => act(leave)}>
          Leave
        </button>
      ) : undefined}
      {role === 'owner' && standing.memberCount > 0 ? <Deletion end={end} act={act} isBusy={isBusy} /> : undefined}
    </SidePanel>
  );
}

/** One thing at a time, and why it was not done. */
function useDoing() {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const act = (doing: () => Promise<unknown>): void => {
    if (isBusy) return;
    setIsBusy(true);
    setProblem(undefined);
    doing()
      .catch((error: unknown) => setProblem(errorWords(error)))
      .finally(() => setIsBusy(false));
  };
  return { act, problem, isBusy };
}

type Act = ReturnType<typeof useDoing>['act'];

/** One that another client has set is offered too. */
function pacesWith(ms: number): readonly (readonly [number, string])[] {
  if (paces.some(([each]) => each === ms)) return paces;
  return [...paces, [ms, `${Math.round(ms / 1000)} seconds`] as const].sort(([one], [other]) => one - other);
}

interface TitleFormProps {
  readonly room: Room;
  readonly title: string | undefined;
  readonly act: Act;
  readonly isBusy: boolean;
}

function TitleForm({ room, title = '', act, isBusy }: TitleFormProps) {
  const client = useClient();
  // What somebody else calls it meanwhile does not take away what is being typed.
  const [typed, setTyped] = useState<string>();
  const text = typed ?? title;
  const isSame = text.trim() === title;
  const id = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isBusy || isSame) return;
    const changes = { title: text.trim() === '' ? null : text.trim() };
    act(async () => {
      // Not set in the room's object first: what was refused, or is in doubt, would be shown as if it were so.
      await client.request('roomAttributesSet', { roomName: room.name, changes });
      setTyped(undefined);
    });
  };
  return (
    <form className="panel-form" onSubmit={submit}>
      <label htmlFor={id}>Title</label>
      <div className="field-row">
        <input
          id={id}
          value={text}
          onChange={(event) => setTyped(event.target.value)}
          maxLength={100}
          dir="auto"
          autoComplete="off"
        />
        <button type="submit" className="quiet" aria-disabled={isBusy || isSame}>
          Rename
        </button>
      </div>
    </form>
  );
}

function MuteBox({ room, muted, act }: { readonly room: Room; readonly muted: boolean; readonly act: Act }) {
  return (
    <Choice
      kind="checkbox"
      name="Mute"
      hint="You get no push for it; messages come as ever."
      isChosen={muted}
      choose={() => act(() => (muted ? room.unmute() : room.mute()))}
    />
  );
}

/** It is asked twice: nothing of it comes back. */
function Deletion({
  end,
  act,
  isBusy,
}: {
  readonly end: () => Promise<void>;
  readonly act: Act;
  readonly isBusy: boolean;
}) {
  const [isSure, setIsSure] = useState(false);
  if (!isSure) {
    return (
      <button type="button" className="quiet danger" onClick={() => setIsSure(true)}>
        Delete for everybody …
      </button>
    );
  }
  return (
    <div className="member-actions" role="group" aria-label="Delete all that was said here?">
      <p>Delete all that was said here?</p>
      <button type="button" className="quiet danger" autoFocus aria-disabled={isBusy} onClick={() => act(end)}>
        Delete
      </button>
      <button type="button" className="quiet" onClick={() => setIsSure(false)}>
        Keep
      </button>
    </div>
  );
}
