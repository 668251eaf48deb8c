/** Where Claude Code keeps a session; that it is there is shown with the real CLI in test/e2e/transcript.test.ts. */
import { expect, test } from '@jest/globals';
import { transcriptOf } from '../../src/agents/claude-code/transcript.ts';

test('a login uses the folder of the host\'s user, a key one of the session\'s own', () => {
  const session = { sessionId: '1-2', workspace: '/srv/my.app_x' };
  const file = { folder: 'projects', subfolder: '-srv-my-app-x', name: '1-2.jsonl' };
  expect(transcriptOf({ kind: 'login' }, session)).toEqual({ root: 'home', base: '.claude', ...file });
  const auth = { kind: 'apiKey', source: { on: 'worker', env: 'KEY' } } as const;
  expect(transcriptOf(auth, session)).toEqual({ root: 'state', base: 'sessions/1-2', ...file });
});
