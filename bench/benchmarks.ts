/** All benchmarks, in the order they are run and printed. */
import { b1 } from './b1/benchmark.ts';
import { b13 } from './b13/benchmark.ts';
import { b14 } from './b14/benchmark.ts';
import { b2 } from './b2/benchmark.ts';
import { b3 } from './b3/benchmark.ts';
import { b4 } from './b4/benchmark.ts';
import { b5 } from './b5/benchmark.ts';
import { b6 } from './b6/benchmark.ts';
import { b7 } from './b7/benchmark.ts';
import { b8 } from './b8/benchmark.ts';
import { b9 } from './b9/benchmark.ts';
import { b10 } from './b10/benchmark.ts';
import { b11 } from './b11/benchmark.ts';
import { b12 } from './b12/benchmark.ts';
import { b15 } from './b15/benchmark.ts';
import type { Benchmark } from './benchmark.ts';

export const BENCHMARKS: readonly Benchmark[] = [b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15];
