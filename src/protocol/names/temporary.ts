/**
 * Names of rooms that the service chooses and nobody else may: `tmp-…` of temporary rooms, which say when they end, so that it is
 * known of one that it has ended when nothing is left of it; `u-…` of the rooms of certain people. They are in lower case, which
 * every rule for names leaves as it is.
 */
const SERVICE_MADE = /^(?:tmp|u)-/;
const TEMPORARY = /^tmp-([0-9a-z]{8,9})-[0-9a-z]{16}$/;
/** Digits of today's time in base 36, and of all times until 2059. */
const END_DIGITS = 8;

/** Whether a name begins like those that only the service makes. */
export const isServiceMade = (roomName: string): boolean => SERVICE_MADE.test(roomName);

/** `random`: 16 digits or small letters. `endsAt` in ms since the epoch. */
export const temporaryName = (endsAt: number, random: string): string =>
  `tmp-${endsAt.toString(36).padStart(END_DIGITS, '0')}-${random}`;

/** When a room of that name ends, in ms since the epoch by Redis's clock; undefined where it does not by itself. */
export function endOf(roomName: string): number | undefined {
  const [, digits] = TEMPORARY.exec(roomName) ?? [];
  return digits === undefined ? undefined : Number.parseInt(digits, 36);
}
