/**
 * Does the same work for many things, `atOnce` of them at a time, each begun in its order: one that takes long holds up none but itself. What
 * comes into a live collection meanwhile is done too. `goesOn` is asked before each. Rejects as soon as some work does; what is under way
 * goes on, and may begin with more: so work that may fail notes that by itself.
 */
export async function sideBySide<T>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
  goesOn: () => boolean = () => true,
): Promise<void> {
  const next = items[Symbol.iterator]();
  let isOver = false;
  const lane = async (): Promise<void> => {
    while (!isOver && goesOn()) {
      const item = next.next();
      if (item.done === true) isOver = true;
      else await work(item.value);
    }
  };
  const lanes: Promise<void>[] = [];
  while (!isOver && lanes.length < atOnce) lanes.push(lane());
  await Promise.all(lanes);
}
