// Preloaded into a node (`node --import`): its time of day is an hour ahead of everybody else's, its monotonic clock is not.
const HOUR_MS = 3_600_000;
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + HOUR_MS);
    else super(...given);
  }

  static now() {
    return RealDate.now() + HOUR_MS;
  }
};
