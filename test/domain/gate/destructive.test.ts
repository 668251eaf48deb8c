/** What cannot be taken back is asked about although a rule with a wildcard allows it, one call at a time. */
import { describe, expect, test } from '@jest/globals';
import type { GatePolicy } from '../../../src/domain/gate-policy.ts';
import { decideToolCall } from '../../../src/domain/gate-rules.ts';
import { resolvePath } from './fake-paths.ts';

const OPEN: GatePolicy = { workspace: '/ws', allow: ['Bash'], ask: [], deny: [] };
const decide = (command: string, policy: Partial<GatePolicy> = {}) => decideToolCall({ ...OPEN, ...policy }, { tool: 'Bash', input: { command } }, resolvePath);

const DESTRUCTIVE = [
  'rm -rf build', 'rm -r a', 'rm -fR a', 'rm --recursive a', '/bin/rm -rf a', 'sudo rm -rf a', 'X=1 rm -rf a', 'bash -c "rm -rf a"', 'echo a && rm -rf a', 'xargs rm -rf',
  'find . -name x -delete', 'find . -exec rm {} +', 'rsync -a --delete a b',
  'git push --force', 'git push -f origin main', 'git push --force-with-lease', 'git push origin +main', 'git push origin :old', 'git push --delete origin x', 'git -C sub push -f',
  'git reset --hard', 'git reset --hard HEAD~3', 'git clean -fdx', 'git clean -f', 'git checkout -- .', 'git checkout -f', 'git restore src', 'git stash drop', 'git branch -D x', 'git tag -d v1',
  'git rebase -i HEAD~3', 'git commit --amend', 'git filter-branch --all', 'git reflog expire --all', 'git gc --prune=now', 'git -c a=b rebase main',
  'chmod -R 777 .', 'chown -R me .', 'shred a', 'truncate -s 0 a', 'dd if=/dev/zero of=a', 'mkfs.ext4 x', 'wipefs -a x', 'reboot',
  'psql -c "DROP TABLE users"', "psql -c 'delete from users;'", 'mysql -e "truncate table a"', 'dropdb mine', 'redis-cli FLUSHALL', 'sqlite3 a.db "drop table a"',
  'docker system prune -f', 'docker volume rm x', 'docker compose down -v', 'kubectl delete pod x', 'terraform destroy', 'aws s3 rb s3://x', 'gh repo delete x',
  'npm publish', 'cargo publish', 'twine upload dist/x',
  'rm /etc/hosts', 'cp a /etc/a', 'mv a ../b', 'touch ~/a', 'tee /etc/a', 'sed -i s/a/b/ /etc/hosts', 'mkdir ../x',
  'for x in a b; do rm -rf $x; done', 'git push $(echo -f) --force',
];

const HARMLESS = [
  'rm a.txt', 'rm -f a.txt', 'git push', 'git push origin main', 'git push -u origin main', 'git reset a', 'git clean -n', 'git checkout main', 'git checkout -b x', 'git restore --staged a',
  'git stash', 'git branch x', 'git tag v1', 'git commit -m "drop table a"', 'git rm --cached a', 'chmod +x a', 'cp a b', 'cp /etc/hosts a', 'mv a b', 'mkdir -p src/x', 'touch /tmp/a', 'echo rm -rf a',
  'grep -rf patterns .', 'psql -c "select * from drops"', 'npm test', 'npm run publish-docs', 'sed -n p /etc/hosts', 'find . -name "*.ts"', 'docker compose down', 'kubectl get pods', 'cat /etc/hosts', 'make > /dev/null',
];

test.each(DESTRUCTIVE)('%s', (command) => {
  const verdict = decide(command);
  expect(verdict).toMatchObject({ decision: 'defer', asked: { kind: 'destructive', grants: [], why: expect.stringMatching(/^It .*: that cannot be taken back\.$/) } });
  expect(decide(command, { destructive: 'deny' })).toMatchObject({ decision: 'deny', message: expect.stringContaining('permissions.destructive') });
  expect(decide(command, { destructive: 'allow' })).toMatchObject({ decision: 'allow' });
});

test.each(HARMLESS)('not %s', (command) => {
  expect(decide(command)).toMatchObject({ decision: 'allow' });
});

describe('with the rules of a plan', () => {
  const rules = { allow: ['Bash(git push*)', 'Bash(rm -rf build)', 'Bash(rm *)', 'Bash(npm test)'] };

  test('a rule without a wildcard has said it to the letter; one with a wildcard has not', () => {
    expect(decide('rm -rf build', rules)).toMatchObject({ decision: 'allow', rule: 'Bash(rm -rf build)' });
    expect(decide('rm -rf build src', rules)).toMatchObject({ decision: 'defer', asked: { kind: 'destructive', parts: ['rm -rf build src'] } });
    expect(decide('npm test && git push --force', rules)).toMatchObject({ decision: 'defer', asked: { kind: 'destructive', parts: ['git push --force'] } });
  });

  test('what no rule covers or a rule denies is never asked about', () => {
    expect(decide('git reset --hard', rules)).toMatchObject({ decision: 'deny', rule: 'default' });
    expect(decide('rm -rf build', { ...rules, deny: ['Bash(rm -rf*)'] })).toMatchObject({ decision: 'deny', rule: 'Bash(rm -rf*)' });
  });

  test('what the plan asks about is asked about as destructive, and cannot be allowed for good', () => {
    const asks = { allow: [], ask: ['Bash(git push*)'] };
    expect(decide('git push --force', asks)).toMatchObject({ decision: 'defer', asked: { kind: 'destructive', grants: [] } });
    expect(decide('git push', asks)).toMatchObject({ decision: 'defer', asked: { kind: 'permission', grants: ['Bash(git push)'] } });
    expect(decide('git push; git push --force', asks)).toMatchObject({ decision: 'defer', asked: { kind: 'destructive', parts: ['git push', 'git push --force'], grants: [] } });
    expect(decide('git push --force', { ...asks, destructive: 'deny' })).toMatchObject({ decision: 'deny' });
    expect(decide('git push --force', { ...asks, destructive: 'allow' })).toMatchObject({ decision: 'defer', asked: { kind: 'permission' } });
  });
});

describe('while a plan is made', () => {
  const planning = (tool: string, input: object, policy: Partial<GatePolicy> = {}) =>
    decideToolCall({ ...OPEN, allow: ['Bash', 'Edit(**)'], ask: ['Bash(git push*)'], planning: true, questions: true, ...policy }, { tool, input }, resolvePath).decision;

  test('nothing is written and nobody is asked for a permission; looking and asking a question go on', () => {
    expect(planning('Write', { file_path: 'a' })).toBe('deny');
    expect(planning('Edit', { file_path: 'a' })).toBe('deny');
    expect(planning('Bash', { command: 'git push' })).toBe('deny');
    expect(planning('Bash', { command: 'rm -rf a' })).toBe('deny');
    expect(planning('Bash', { command: 'git log' })).toBe('allow');
    expect(planning('Read', { file_path: 'a' })).toBe('allow');
    expect(planning('AskUserQuestion', { questions: [{ question: 'Why?' }] })).toBe('defer');
  });
});

test('a destructive command in a script that cannot be read is asked about too', () => {
  const decide = (command: string) => decideToolCall({ workspace: '/srv/w', allow: ['Bash'], ask: [], deny: [] }, { tool: 'Bash', input: { command } }, (path) => path).decision;
  expect(["bash -c 'rm -rf $HOME'", "sh -c 'git push --force $REMOTE'", 'rm -rf $HOME'].map(decide)).toEqual(['defer', 'defer', 'defer']);
  expect(decide("bash -c 'echo $HOME'")).toBe('allow');
});

test('while a plan is made no redirection writes a file', () => {
  const decide = (command: string) => decideToolCall({ workspace: '/srv/w', allow: ['Bash(echo *)', 'Edit(src/**)'], ask: [], deny: [], planning: true }, { tool: 'Bash', input: { command } }, (path) => path).decision;
  expect(['echo x > src/a.ts', 'echo x >> src/a.ts', 'echo x', 'echo x 2>/dev/null'].map(decide)).toEqual(['deny', 'deny', 'allow', 'allow']);
});
