/** The writer of the benchmarks' runs waits where it is told to: what a benchmark does in between has happened before the next line. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { allow, allowanceOf, WRITER_FILE } from '../../bench/b1/agent.ts';

let workspace: string;

beforeEach(() => {
  workspace = join(mkdtempSync(join(tmpdir(), 'holdpoint-writer-')), 'workspace');
});

afterEach(() => rmSync(join(workspace, '..'), { recursive: true, force: true }));

interface Line {
  event: string;
  n?: number;
  at?: string;
}

/** Its lines, each told to `on` as it comes. */
async function written(lines: number, on: (line: Line) => void): Promise<Line[]> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WRITER_FILE, String(lines), '1000', '1', allowanceOf(workspace)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const all: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line;
    all.push(line);
    on(line);
  }
  return all;
}

test('no line is written before it is allowed, and all are in the end', async () => {
  allow(workspace, 2);
  let allowedAt: bigint | undefined;
  const all = await written(4, ({ n }) => {
    if (n !== 2) return;
    allowedAt = process.hrtime.bigint();
    allow(workspace, 4);
  });
  expect(all.map(({ event, n }) => n ?? event)).toEqual(['init', 1, 2, 3, 4, 'result']);
  expect(BigInt(all[3]?.at ?? 0) > (allowedAt ?? 0n)).toBe(true);
});

test('where nothing is said all lines are written', async () => {
  expect(await written(3, () => undefined)).toHaveLength(5);
});

test('one that waits writes the rest when its folder is removed: it does not outlive a benchmark that was broken off', async () => {
  allow(workspace, 1);
  const all = await written(3, ({ n }) => {
    if (n === 1) rmSync(join(workspace, '..'), { recursive: true });
  });
  expect(all.map(({ event, n }) => n ?? event)).toEqual(['init', 1, 2, 3, 'result']);
});
