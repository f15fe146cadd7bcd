/**
 * What a message costs before anybody has looked into it: its bytes, its values, and what the declaration of its request
 * says. What an act turns out to cost besides is the handler's to tell.
 */
import { isRequestName, requestDeclaration, requests } from '../catalogue.ts';
import type { NameLimits } from '../names/form.ts';
import { normaliserOf, type Normaliser } from './normalise.ts';
import type { Value } from './values.ts';

interface CompiledCost {
  readonly units: number;
  /** Index of the param whose items count, or -1. */
  readonly param: number;
  readonly perItem: number;
  readonly page: boolean;
  readonly spread: Spread | undefined;
}

interface Spread {
  readonly kind: 'room' | 'user';
  readonly param: number;
  readonly normalise: Normaliser | undefined;
}

const ORDINARY: CompiledCost = { units: 0, param: -1, perItem: 0, page: false, spread: undefined };
const BYTES_PER_UNIT = 4096;
/** They cost memory while the request runs more than time. */
const VALUES_PER_UNIT = 256;

const costs: ReadonlyMap<string, CompiledCost> = new Map(
  Object.keys(requests)
    .filter(isRequestName)
    .map((name) => {
      const { cost, params } = requestDeclaration(name);
      if (cost === undefined) return [name, ORDINARY];
      const { units = 0, each, page = false, spread } = cost;
      const indexOf = (param: string): number => Object.keys(params).indexOf(param);
      const [kind, who] =
        spread === undefined ? [] : 'room' in spread ? ['room' as const, spread.room] : ['user' as const, spread.user];
      const schema = who === undefined ? undefined : params[who]?.schema;
      const told =
        kind === undefined || schema === undefined
          ? undefined
          : { kind, param: indexOf(who), normalise: normaliserOf(schema) };
      const param = each === undefined ? -1 : indexOf(each.param);
      return [name, { units, param, perItem: each?.units ?? 0, page, spread: told }];
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

/**
 * Whom a request is told to: all sockets in a room, or of a user. Nobody has checked the param yet; it is read as it will be,
 * or another spelling of the name would cost nothing.
 */
export function spreadOf(
  method: string,
  params: readonly Value[],
  limits: NameLimits,
): { kind: 'room' | 'user'; name: string } | undefined {
  const { spread } = costs.get(method) ?? ORDINARY;
  const given = spread === undefined ? undefined : params[spread.param];
  if (spread === undefined || given === undefined) return undefined;
  const name = spread.normalise === undefined ? given : spread.normalise(given, limits);
  return typeof name === 'string' ? { kind: spread.kind, name } : undefined;
}

/** Handing a small frame to that many sockets takes about as long as an ordinary request. */
const HEARERS_PER_UNIT = 50;
/** A frame that is longer by so much costs as much again. */
const BYTES_PER_SHARE = 2048;

/** What it costs a node to tell many sockets something. */
export const spreadUnits = (hearers: number, bytes: number): number =>
  hearers / HEARERS_PER_UNIT + copyUnits(hearers, bytes);

/** Of that the copying, which frames of one turn do not share: what tells many sockets something large counts for it while it runs. */
export const copyUnits = (hearers: number, bytes: number): number =>
  (hearers / HEARERS_PER_UNIT) * (bytes / BYTES_PER_SHARE);
