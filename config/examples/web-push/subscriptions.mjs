// Where subscriptions are kept: here a file, for one node. Give an object with the same methods, on your own database, for several.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const PER_USER = 10;
const USERS_MAX = 100_000;

/** By user: its subscriptions. */
export function inFile(path) {
  const users = new Map(Object.entries(readJson(path) ?? {}));
  const save = () => {
    // Whoever reads it finds the one before, or this one.
    writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(users)), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  const keep = (userName, subscriptions) => {
    if (subscriptions.length === 0) users.delete(userName);
    else users.set(userName, subscriptions);
    save();
  };
  const others = (userName, endpoint) => (users.get(userName) ?? []).filter((one) => one.endpoint !== endpoint);
  return {
    async of(userName) {
      return users.get(userName) ?? [];
    },
    /** The newest few of a user. */
    async add(userName, subscription) {
      if (users.size >= USERS_MAX && !users.has(userName)) return;
      keep(userName, [...others(userName, subscription.endpoint), subscription].slice(-PER_USER));
    },
    async remove(userName, endpoint) {
      keep(userName, others(userName, endpoint));
    },
  };
}

export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
