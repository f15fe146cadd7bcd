// What is told one after the other: in order, whatever who hears of it does, or throws.
import { expect, test } from '@jest/globals';
import { Telling } from '../../src/client/connection/telling.ts';

test('what is told within another comes behind it, and what one throws keeps nothing from the others', () => {
  const told: unknown[] = [];
  const telling = new Telling((error) => told.push(String(error)));
  const broken = (what: string) => (): void => {
    throw new Error(what);
  };
  telling.tell(() => {
    telling.tell(() => told.push('caused'));
    telling.tell(broken('listener'));
    told.push('first');
  });
  telling.hold(() => {
    telling.tell(() => told.push('held'));
    told.push('work');
    broken('work')();
  });
  telling.tell(() => told.push('last'));
  expect(told).toEqual(['first', 'caused', 'Error: listener', 'work', 'Error: work', 'held', 'last']);
});
