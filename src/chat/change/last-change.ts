/** How far the changes of a room's messages have come, as it is told. */
export const lastChangeOf = ({
  lastChange,
  lastChangeAt,
}: {
  readonly lastChange: number;
  readonly lastChangeAt: number;
}): { lastChange: number; lastChangeTimestamp?: number } =>
  lastChange === 0 ? { lastChange } : { lastChange, lastChangeTimestamp: lastChangeAt };
