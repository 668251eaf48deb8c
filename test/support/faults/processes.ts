/** What a process uses, and whether one is there, read from /proc. */
import { readFileSync } from 'node:fs';
import { pidsWith } from '../marked-processes.ts';

const field = (file: string, name: RegExp): number => Number(name.exec(readFileSync(file, 'latin1'))?.[1] ?? Number.NaN);

export const residentBytes = (pid: number): number => field(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m) * 1024;

/** By read and its like, from files, sockets and pipes. */
export const bytesRead = (pids: number[]): number => pids.reduce((sum, pid) => sum + field(`/proc/${pid}/io`, /^rchar: (\d+)/m), 0);

/** Nothing carries the run's marker any more. */
export const hasEnded = (runKey: string): boolean => pidsWith(`HOLDPOINT_RUN=${runKey}`).length === 0;
