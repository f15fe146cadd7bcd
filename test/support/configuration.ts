// Reads a configuration from settings alone, for tests of what is a mistake and what is not.
import { expect } from '@jest/globals';
import { readConfig, type Config, type Environment } from '../../src/config/config.ts';

export function outcome(environment: Environment): {
  config?: Config;
  mistakes: readonly string[];
  warnings: string[];
} {
  const warnings: string[] = [];
  const read = readConfig(environment, { warn: (sentence) => warnings.push(sentence) });
  return 'config' in read ? { config: read.config, mistakes: [], warnings } : { mistakes: read.mistakes, warnings };
}

/** The configuration; fails the test where there are mistakes. */
export function good(environment: Environment): Config {
  const { config, mistakes } = outcome(environment);
  expect(mistakes).toEqual([]);
  if (config === undefined) throw new Error('neither a configuration nor mistakes');
  return config;
}

export const mistakesOf = (environment: Environment): readonly string[] => outcome(environment).mistakes;
