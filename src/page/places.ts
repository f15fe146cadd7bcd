/** Which conversation is shown: kept in the address, so that the browser's back button goes back. */
import { useSyncExternalStore } from 'react';

export type Place = { readonly kind: 'room' | 'direct'; readonly name: string } | undefined;

const subscribe = (changed: () => void): (() => void) => {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
};

export function usePlace(): Place {
  return placeOf(useSyncExternalStore(subscribe, () => location.hash));
}

export function go(place: Place): void {
  const hash = hashOf(place);
  if (location.hash !== hash) location.hash = hash;
}

export const hashOf = (place: Place): string =>
  place === undefined ? '#' : `#${place.kind}/${encodeURIComponent(place.name)}`;

export function isAt(place: Place, kind: 'room' | 'direct', name: string): boolean {
  return place?.kind === kind && place.name === name;
}

function placeOf(hash: string): Place {
  const [, kind, name] = /^#(room|direct)\/(.+)$/.exec(hash) ?? [];
  if (name === undefined || (kind !== 'room' && kind !== 'direct')) return undefined;
  try {
    return { kind, name: decodeURIComponent(name) };
  } catch {
    return undefined;
  }
}
