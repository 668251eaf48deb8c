/** Random numbers that are the same in every run: a law that fails does so again. */
export { seededRandom } from '../../src/domain/random.ts';

export const pick = <T>(random: () => number, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
