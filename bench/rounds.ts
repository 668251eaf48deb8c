/** Takes rounds A B A B …: after a warm-up that is thrown away, and with the order within a pair turned each time. */
import type { Round } from './benchmark.ts';

export interface Arms {
  ours: () => Promise<number[]>;
  anchor: () => Promise<number[]>;
}

async function pair({ ours, anchor }: Arms, anchorFirst: boolean): Promise<Round> {
  if (!anchorFirst) return { ours: await ours(), anchor: await anchor() };
  const first = await anchor();
  return { ours: await ours(), anchor: first };
}

/** `count` rounds. Faults of an arm end it all. */
export async function takeRounds(count: number, arms: Arms, onRound: (round: Round, n: number) => void): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let n = 1; n <= count; n += 1) {
    const round = await pair(arms, n % 2 === 0);
    onRound(round, n);
    rounds.push(round);
  }
  return rounds;
}
