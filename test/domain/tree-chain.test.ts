import { expect, test } from '@jest/globals';
import { chainOf } from '../../src/domain/tree-chain.ts';

const steps = (text: string) => text.split(' ').filter(Boolean).map(([from = '', to = '']) => ({ from, to }));
const way = (text: string, from = 'a', to = 'z'): string => {
  const { steps: found, isWhole } = chainOf(steps(text), from, to);
  return `${found.map((step) => step.from + step.to).join(' ')}${isWhole ? '' : ' …'}`;
};

test('leads over the recorded steps, also where the files came back to what they had been', () => {
  expect(way('ab bc cz')).toBe('ab bc cz');
  expect(way('ab ba ac cz')).toBe('ac cz');
  expect(way('ab cz ac')).toBe('ac cz');
  expect(way('', 'a', 'a')).toBe('');
});

test('of two ways the first is taken; a gap is told, and how far one comes', () => {
  expect(way('az ab bz')).toBe('az');
  expect(way('ab bz az')).toBe('ab bz');
  expect(way('ab bc dz')).toBe('ab bc …');
  expect(way('ab ac cd bx')).toBe('ab bx …');
  expect(way('bz')).toBe(' …');
});
