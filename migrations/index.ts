/** Every migration in order, by name. A list and not a folder scan: it survives compiling and bundling. */
import type { Migration } from 'kysely/migration';
import * as initial from './0001_initial.ts';

export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_initial': initial,
};
