/**
 * Where the keyboard is after what it was at has gone, is disabled or was moved: at what stands there now, at what is next to it, or
 * where it was before that. A browser puts it at the beginning of the page, and says nothing.
 */
import { useEffect } from 'react';

/** What Tab stops at, and what was made to be gone to. */
const STOPS =
  ':is(a[href], button, input, select, textarea, summary):not([tabindex="-1"]), [tabindex]:not(a, button, input, select, textarea)';
const FIELDS = 'input, select, textarea';
/** A list of messages, of which the farthest go when others are read. */
const LOG = '[role="log"]';
/** Neighbours are of one of these: what is beyond has nothing to do with it. */
const PARTS = `aside, dialog, footer, main, nav, section, ${LOG}, [role="status"]`;
/** A message, or a group of buttons: it stands for what is in it. */
const HOMES = '[tabindex="-1"]';
const REMEMBERED_MAX = 20;

/** Something was in `parent`, behind `before`, or first. */
interface Gap {
  readonly parent: Element;
  readonly before: Node | null;
}

export function useKeptFocus(): void {
  useEffect(() => {
    const keeping = new Keeping();
    return () => keeping.stop();
  }, []);
}

class Keeping {
  /** What was gone to, the latest last. */
  #places: HTMLElement[] = [];
  /** The latest of them, until somebody presses on nothing. */
  #at: HTMLElement | undefined;
  #isTouched = false;
  readonly #observer = new MutationObserver((records) => this.#changed(records));
  readonly #listening = new AbortController();

  constructor() {
    const { signal } = this.#listening;
    document.addEventListener('focusin', ({ target }) => this.#wentTo(target), { signal });
    document.addEventListener('pointerdown', (event) => this.#pressed(event), { signal, capture: true });
    document.addEventListener('keydown', () => (this.#isTouched = false), { signal, capture: true });
    const attributeFilter = ['disabled'];
    this.#wentTo(document.activeElement);
    this.#observer.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter });
  }

  stop(): void {
    this.#listening.abort();
    this.#observer.disconnect();
  }

  #wentTo(target: EventTarget | null): void {
    if (!(target instanceof HTMLElement) || target === document.body) return;
    this.#at = target;
    this.#places = [...this.#places.filter((place) => place !== target), target].slice(-REMEMBERED_MAX);
  }

  #pressed({ target, pointerType }: PointerEvent): void {
    this.#isTouched = pointerType === 'touch';
    if (target instanceof Element && target.closest(STOPS) === null) this.#at = undefined;
  }

  #changed(records: readonly MutationRecord[]): void {
    const lost = this.#at;
    if (lost === undefined) return;
    const now = document.activeElement;
    // Of what is disabled the browser lets go later.
    if (now !== null && now !== document.body && !(now === lost && lost.matches(':disabled'))) return;
    const gap = gapOf(lost, records);
    if (gap === undefined) return;
    const next = (this.#at = isThere(lost) ? lost : this.#next(lost, gap));
    // Where messages are read, who reads them has scrolled to.
    next?.focus({ preventScroll: next.closest(LOG) !== null });
  }

  #next(lost: HTMLElement, gap: Gap): HTMLElement | undefined {
    return (
      logOf(lost, gap) ??
      homeOf(gap) ??
      this.#openerOf(lost, gap) ??
      this.#neighbourAt(gap) ??
      this.#formerPlace() ??
      heading()
    );
  }

  /** Of a form that has gone: what one was at before. */
  #openerOf(lost: HTMLElement, { parent }: Gap): HTMLElement | undefined {
    const form = lost.closest('form');
    if (form?.isConnected !== false) return undefined;
    const opener = this.#places.findLast((place) => !form.contains(place));
    const isNear = opener !== undefined && parent.closest(PARTS)?.contains(opener) === true;
    return isNear && isThere(opener) ? opener : undefined;
  }

  #neighbourAt(gap: Gap): HTMLElement | undefined {
    const part = gap.parent.closest(PARTS);
    let { parent, before } = gap;
    while (part !== null) {
      const stops = Array.from(parent.querySelectorAll<HTMLElement>(STOPS)).filter(
        (stop) => stop.parentElement?.closest(PARTS) === part && this.#isToGoTo(stop),
      );
      const next = stops.find((stop) => isBehind(stop, before)) ?? stops.at(-1);
      if (next !== undefined || parent === part || parent.parentElement === null) return next;
      [before, parent] = [parent, parent.parentElement];
    }
    return undefined;
  }

  #formerPlace(): HTMLElement | undefined {
    return this.#places.findLast((place) => this.#isToGoTo(place));
  }

  /** Who has put a finger on something does not want a keyboard to come up. */
  #isToGoTo(place: HTMLElement): boolean {
    return isThere(place) && !(this.#isTouched && place.matches(FIELDS));
  }
}

/** Where it was taken out, or is still, disabled; undefined where it was not lost by these changes. */
function gapOf(lost: HTMLElement, records: readonly MutationRecord[]): Gap | undefined {
  const removalOf = (node: Node) =>
    records.findLast(({ removedNodes }) => Array.from(removedNodes).some((removed) => removed.contains(node)));
  const removal = removalOf(lost);
  if (removal === undefined)
    return lost.matches(':disabled') && lost.parentElement !== null
      ? { parent: lost.parentElement, before: lost }
      : undefined;
  let [parent, before] = [removal.target, removal.previousSibling];
  // What it was in has gone with it, and what was before it as well.
  for (let outer = removalOf(parent); !parent.isConnected && outer !== undefined; outer = removalOf(parent))
    [parent, before] = [outer.target, outer.previousSibling];
  while (before !== null && !before.isConnected) before = removalOf(before)?.previousSibling ?? null;
  return parent instanceof Element ? { parent, before } : undefined;
}

const isThere = (place: HTMLElement): boolean =>
  place.isConnected && !place.matches(':disabled') && place.checkVisibility();

/** Of a message that one only was at. */
function logOf(lost: HTMLElement, { parent }: Gap): HTMLElement | undefined {
  const log = lost.matches(HOMES) ? parent.closest<HTMLElement>(LOG) : null;
  return log !== null && isThere(log) ? log : undefined;
}

function homeOf({ parent }: Gap): HTMLElement | undefined {
  const home = parent.closest<HTMLElement>(HOMES);
  return home !== null && parent.closest(PARTS)?.contains(home) === true && isThere(home) ? home : undefined;
}

function isBehind(stop: Element, before: Node | null): boolean {
  const place = before?.compareDocumentPosition(stop) ?? Node.DOCUMENT_POSITION_FOLLOWING;
  return (place & Node.DOCUMENT_POSITION_FOLLOWING) > 0 && (place & Node.DOCUMENT_POSITION_CONTAINED_BY) === 0;
}

/** What the page is about now. */
function heading(): HTMLElement | undefined {
  const found = Array.from(document.querySelectorAll('h1')).find(isThere);
  found?.setAttribute('tabindex', '-1');
  return found;
}
