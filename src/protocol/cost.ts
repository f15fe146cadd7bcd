/**
 * What a message costs before anybody has looked into it: its bytes, its values, and what the declaration of its request
 * says. What an act turns out to cost besides is the handler's to tell.
 */
import { isRequestName, requestDeclaration, requests } from './catalogue.ts';
import type { Value } from './values.ts';

interface CompiledCost {
  readonly units: number;
  /** Index of the param whose items count, or -1. */
  readonly param: number;
  readonly perItem: number;
  readonly page: boolean;
}

const ORDINARY: CompiledCost = { units: 0, param: -1, perItem: 0, page: false };
const BYTES_PER_UNIT = 4096;
/** They cost memory while the request runs more than time. */
const VALUES_PER_UNIT = 256;

const costs: ReadonlyMap<string, CompiledCost> = new Map(
  Object.keys(requests)
    .filter(isRequestName)
    .map((name) => {
      const { cost, params } = requestDeclaration(name);
      const param = cost?.each === undefined ? -1 : Object.keys(params).indexOf(cost.each.param);
      const compiled = { units: cost?.units ?? 0, param, perItem: cost?.each?.units ?? 0, page: cost?.page ?? false };
      return [name, cost === undefined ? ORDINARY : compiled];
    }),
);

/** What it takes to read a message and refuse it, whatever it asks for. */
export const refusalCost = (bytes: number, values: number): number =>
  1 + bytes / BYTES_PER_UNIT + values / VALUES_PER_UNIT;

/** In units of an ordinary request. `bytes`: of the message on the wire; `values`: as the codec counts them. */
export function costOf(method: string, params: readonly Value[], bytes: number, values: number): number {
  const { units, param, perItem } = costs.get(method) ?? ORDINARY;
  const items = param < 0 ? undefined : params[param];
  const ofItems = Array.isArray(items) ? items.length * perItem : 0;
  return units + ofItems + refusalCost(bytes, values);
}

/** Whether the reply to a request may be as large as replies get. */
export const isPage = (method: string): boolean => costs.get(method)?.page ?? false;

/** A page is charged by its size once that is known, but until then it may be a large one: two of them run at a time. */
const PAGE_UNITS = 64;

/** What a request counts for while it runs, by what it costs. */
export const runningCost = (method: string, units: number): number =>
  isPage(method) ? Math.max(units, PAGE_UNITS) : units;
