/** What an installation is called. */
import { expect, test } from '@jest/globals';
import { installationName } from '../../src/db/installation.ts';
import { openTestDb } from './fixture.ts';

test('a database has one name, whoever asks first and however often, and no other database has it', async () => {
  const [one, other] = [await openTestDb(), await openTestDb()];
  try {
    const names = await Promise.all(Array.from({ length: 5 }, () => installationName(one.db, 'main')));
    expect(names[0]).toMatch(/^main-[0-9a-f]{12}$/);
    expect(new Set([...names, await installationName(one.db, 'main')]).size).toBe(1);
    expect(await installationName(one.db, 'lab')).toBe(names[0]?.replace('main', 'lab'));
    expect(await installationName(other.db, 'main')).not.toBe(names[0]);
  } finally {
    await one.close();
    await other.close();
  }
});
