// Whether observers of a room were told one and the same order of messages and notices. A pure function over plain texts: one text
// for each thing that is told, the same for everybody; how they were gathered is up to the caller.

/** Of a room's log, what all who are in it are told alike. Comings and goings are not: of large rooms they are told in batches. */
const ORDERED: ReadonlySet<string> = new Set([
  'roomMessage',
  'roomMembersAdded',
  'roomMembersRemoved',
  'roomRoleChanged',
  'roomSilenced',
  'roomUnsilenced',
  'roomSlowModeChanged',
  'roomAttributesChanged',
  'roomAccessListAdded',
  'roomAccessListRemoved',
  'roomModeChanged',
]);

/** What was told, as a text; undefined for what has no place in the order that is held. */
export function textOfTold(name: string, params: readonly unknown[]): string | undefined {
  return ORDERED.has(name) ? `${name} ${JSON.stringify(params)}` : undefined;
}

/**
 * What is wrong with what an observer was told, in words. Each piece is what it was told without a break, while it was in the room:
 * it has to be found in the log as it is, without a hole or anything twice, and each behind the piece before.
 */
export function orderFaults(log: readonly string[], pieces: readonly (readonly string[])[]): string[] {
  const faults: string[] = [];
  let from = 0;
  for (const piece of pieces) {
    const found = placeOf(log, piece, from);
    if (found === undefined) faults.push(faultOf(log, piece, from));
    else from = found + piece.length;
  }
  return faults;
}

/** The first place from which the log goes on as the piece does. */
function placeOf(log: readonly string[], piece: readonly string[], from: number): number | undefined {
  for (let at = from; at + piece.length <= log.length; at++) {
    if (lengthAt(log, piece, at) === piece.length) return at;
  }
  return undefined;
}

/** How much of the piece the log has at a place. */
function lengthAt(log: readonly string[], piece: readonly string[], at: number): number {
  let length = 0;
  while (length < piece.length && at + length < log.length && piece[length] === log[at + length]) length++;
  return length;
}

/** Where the piece that is nowhere leaves the log that it follows for longest. */
function faultOf(log: readonly string[], piece: readonly string[], from: number): string {
  let [longest, place] = [0, -1];
  for (let at = 0; at < log.length; at++) {
    const length = lengthAt(log, piece, at);
    if (length > longest) [longest, place] = [length, at];
  }
  const [before, told, logged] = [piece[longest - 1], piece[longest], log[place + longest]];
  if (longest === 0) return `${told ?? 'nothing'} is not in the log`;
  if (longest === piece.length)
    return `${piece[0] ?? 'nothing'} … was told again, or is older than what came before (${place} < ${from})`;
  return `after ${before ?? 'nothing'} came ${told ?? 'nothing'}, and not ${logged ?? 'the end'}`;
}
