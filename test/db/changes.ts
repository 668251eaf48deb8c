import type { Change } from '../../src/domain/host-api.ts';

/** A modified file of one line, unless told otherwise. */
export const changeOf = (path: string, more: Partial<Change> = {}): Change => ({
  path, op: 'modify', mode: '100644', shaBefore: 'one', shaAfter: 'two', sizeBefore: 10, sizeAfter: 20, added: 1, removed: 1, ...more,
});
