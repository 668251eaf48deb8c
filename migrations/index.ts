/** Every migration in order, by name. A list and not a folder scan: it survives compiling and bundling. */
import type { Migration } from 'kysely/migration';
import * as initial from './0001_initial.ts';
import * as usage from './0002_usage.ts';
import * as leases from './0003_leases.ts';
import * as watchdog from './0005_watchdog.ts';

export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_initial': initial,
  '0002_usage': usage,
  '0003_leases': leases,
  '0005_watchdog': watchdog,
};
