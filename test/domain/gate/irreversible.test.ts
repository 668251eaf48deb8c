import { expect, test } from '@jest/globals';
import { irreversibleEffect } from '../../../src/domain/gate/irreversible.ts';

const isOutside = (path: string): boolean => path.startsWith('/etc') || path.startsWith('~') || path.startsWith('..');
const bash = (command: string): string | undefined => irreversibleEffect('Bash', { command }, isOutside);

test.each([
  ['git push origin main', 'pushes to a server'],
  ['cd x && git -C repo push', 'pushes to a server'],
  ['git commit -am done', 'changes the repository'],
  ['npm publish', 'publishes something'],
  ['docker build . && docker push me/it', 'publishes an image'],
  ['curl -X POST https://example.com/api', 'sends data'],
  ['curl https://example.com -d @file', 'sends data'],
  ['curl -XDELETE https://example.com/1', 'sends data'],
  ['ssh host rm x', 'another machine'],
  ['scp a host:b', 'another machine'],
  ['gh pr create --fill', 'on a server'],
  ['kubectl apply -f x.yaml', 'on a server'],
  ["psql -c 'drop table users'", 'drops or empties data'],
  ["bash -c 'git push'", 'pushes to a server'],
  ['timeout 10 git push', 'pushes to a server'],
  ['for b in a b; do git push origin $b; done', 'pushes to a server'],
  ['cp a /etc/b', 'outside the workspace'],
  ['rm -rf ~/other', 'outside the workspace'],
])('%s', (command, why) => {
  expect(bash(command)).toContain(why);
  expect(bash(command)).toContain(`${command}: `);
});

test.each(['rm -rf src', 'git status', 'git diff && git log', 'npm test', 'curl https://example.com', 'sed -i s/a/b/ x', 'echo git push', 'chmod -R 700 src', 'git clean -fd', ''])(
  'a restore undoes, or nothing happens: %s', (command) => expect(bash(command)).toBeUndefined());

test('other tools', () => {
  expect(irreversibleEffect('mcp__tickets__close', {}, isOutside)).toContain('mcp__tickets__close');
  expect(irreversibleEffect('Write', { file_path: '/etc/x', content: '' }, isOutside)).toContain('outside the workspace');
  expect(irreversibleEffect('Write', { file_path: 'src/x', content: '' }, isOutside)).toBeUndefined();
  expect(irreversibleEffect('NotebookEdit', { notebook_path: '/etc/x.ipynb', new_source: '' }, isOutside)).toContain('outside the workspace');
  expect(irreversibleEffect('Read', { file_path: '/etc/x' }, isOutside)).toBeUndefined();
  expect(irreversibleEffect('NotebookRead', { notebook_path: '/etc/x.ipynb' }, isOutside)).toBeUndefined();
  expect(irreversibleEffect('Bash', null, isOutside)).toBeUndefined();
});
