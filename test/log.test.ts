import { expect, test } from '@jest/globals';
import { createLog, type LogOptions } from '../src/log.ts';

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({ level: 'info', scope: 'worker', stream: { write: (text: string) => lines.push(text) }, ...options });
  return { log, lines };
}

test('a line is one JSON object with level, time, scope and what was given', () => {
  const { log, lines } = capture();
  log.debug('not at this level');
  log.child({ scope: 'ssh' }).warn({ host: 'build-vm' }, 'gone');
  expect(lines).toHaveLength(1);
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  expect(line).toMatchObject({ level: 'warn', scope: 'ssh', host: 'build-vm', msg: 'gone' });
  expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test.each([[false], [true]])('secrets are in no line, whatever field they come in (pretty: %s)', (pretty) => {
  const secret = 'pass"word-1234';
  const { log, lines } = capture({ secrets: () => [secret], pretty });
  log.info({ url: `postgres://u:${secret}@h/d`, nested: { [secret]: [secret] }, err: new Error(`no ${secret}`) }, `with ${secret}`);
  expect(lines).toHaveLength(1);
  expect(lines.join('')).not.toMatch(/pass.{0,2}word-1234/);
});

test('a secret learned after the log was made is in no later line', () => {
  const secrets: string[] = [];
  const { log, lines } = capture({ secrets: () => [...secrets] });
  secrets.push('learned-later-0123456789');
  log.error('it is learned-later-0123456789, in part learned-later-01');
  expect(lines.join('')).not.toContain('learned-later');
});

test('on a terminal a line is readable, and no text can begin another one', () => {
  const { log, lines } = capture({ pretty: true });
  log.info({ host: 'build-vm', n: 3, text: 'two words', err: new Error('why\nnot') }, 'gone\n\u001b[2Jfor good');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d info {2}worker gone \[2Jfor good host=build-vm n=3 text="two words" error="why\\nnot"\n$/);
});
