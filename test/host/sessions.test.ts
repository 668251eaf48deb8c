/** A transcript on the host: read as it grows, put back where it is gone, and nothing else of the user's read or written through it. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SessionFile, SessionPart, WrittenSession } from '../../src/domain/host-api.ts';
import { MOST_SESSION_BYTES } from '../../src/domain/host-sessions.ts';
import { Bench, type HostProgram } from './support/host-program.ts';

let bench: Bench;
let host: HostProgram;
const SECRET = 'a-credential-of-this-host-0123456789';
beforeAll(async () => {
  bench = await Bench.open();
  mkdirSync(join(bench.dir, 'home'));
  host = await bench.program({ HOME: join(bench.dir, 'home'), KEY: SECRET });
});
afterAll(() => bench.close());

const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');
const fileOf = (id: string, more: Partial<SessionFile> = {}): SessionFile => ({ root: 'home', base: `.agent-${id}`, folder: 'projects', subfolder: '-srv-app', name: `${id}.jsonl`, ...more });
const home = (...parts: string[]): string => join(bench.dir, 'home', ...parts);
const read = (file: SessionFile, from = 0, hash: string | null = null, maxBytes = 1_000_000): Promise<SessionPart> => host.call('readSession', { file, from, sha256: hash, maxBytes });
const textOf = ({ data }: SessionPart): string => Buffer.from(data, 'base64').toString();

async function putBack(file: SessionFile, text: string, partBytes = 1_000_000, hash = sha256(text)): Promise<WrittenSession['state'][]> {
  const bytes = Buffer.from(text);
  const states: WrittenSession['state'][] = [];
  for (let offset = 0; offset === 0 || offset < bytes.length; offset += partBytes) {
    const part = bytes.subarray(offset, offset + partBytes);
    states.push((await host.call('writeSession', { ...bench.lease, file, offset, data: part.toString('base64'), size: bytes.length, sha256: hash })).state);
  }
  return states;
}

function put(id: string, text: string, folder = '-srv-app'): string {
  mkdirSync(home(`.agent-${id}`, 'projects', folder), { recursive: true });
  const path = home(`.agent-${id}`, 'projects', folder, `${id}.jsonl`);
  writeFileSync(path, text);
  return path;
}

test('whole lines are read, then what was added; a file that begins with something else is read anew', async () => {
  await host.call('claimWorkspace', bench.lease);
  const path = put('grows', '{"a":1}\n{"b":2}\n{"half', 'any-folder');
  const first = await read(fileOf('grows'));
  expect({ ...first, data: textOf(first) }).toEqual({ exists: true, size: 16, sha256: sha256('{"a":1}\n{"b":2}\n'), offset: 0, data: '{"a":1}\n{"b":2}\n', hidden: false });
  appendFileSync(path, '":3}\n');
  const second = await read(fileOf('grows'), first.size, first.sha256);
  expect([second.offset, textOf(second), second.sha256]).toEqual([16, '{"half":3}\n', sha256(readFileSync(path))]);
  expect(textOf(await read(fileOf('grows'), second.size, second.sha256))).toBe('');
  writeFileSync(path, '{"another":1}\n{"of the same length":1}\n');
  const anew = await read(fileOf('grows'), second.size, second.sha256);
  expect([anew.offset, textOf(anew)]).toEqual([0, readFileSync(path, 'utf8')]);
  // In parts, none of which cuts a line; one that does not fit comes alone.
  const parts: string[] = [];
  for (let at = 0; at < anew.size;) {
    const part = await read(fileOf('grows'), at, null, 16);
    parts.push(textOf(part));
    at += parts.at(-1)?.length ?? 0;
  }
  expect(parts).toEqual(['{"another":1}\n', '{"of the same length":1}\n']);
  expect(await read(fileOf('nobody'))).toMatchObject({ exists: false, data: '' });
});

test('one that is too large to keep is not read', async () => {
  truncateSync(put('large', '{"a":1}\n'), MOST_SESSION_BYTES + 1);
  expect(await read(fileOf('large'))).toEqual({ exists: true, size: MOST_SESSION_BYTES + 1, sha256: '', offset: 0, data: '', hidden: false });
});

test('a secret of the host leaves it as stars, and the hash is that of the file', async () => {
  const path = put('secret', `{"said":"${SECRET}"}\n`);
  const part = await host.call('readSession', { file: fileOf('secret'), from: 0, sha256: null, maxBytes: 1_000, hide: [{ kind: 'hostEnv', name: 'KEY' }] });
  expect([textOf(part), part.hidden, part.sha256]).toEqual([`{"said":"${'*'.repeat(SECRET.length)}"}\n`, true, sha256(readFileSync(path))]);
});

test('what is gone is put back in parts, for the user alone; what is there stays as it is', async () => {
  const text = `${'{"line":"x"}\n'.repeat(100)}`;
  for (const file of [fileOf('back'), fileOf('back', { root: 'state', base: 'sessions/back' })]) {
    expect(await putBack(file, text, 500)).toEqual(['more', 'more', 'written']);
    const folder = file.root === 'home' ? home('.agent-back', 'projects', '-srv-app') : join(bench.state, 'sessions/back/projects/-srv-app');
    expect(readFileSync(join(folder, 'back.jsonl'), 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['back.jsonl']);
    expect([statSync(join(folder, 'back.jsonl')).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(await putBack(file, '{"other":1}\n')).toEqual(['there']);
    expect(readFileSync(join(folder, 'back.jsonl'), 'utf8')).toBe(text);
    expect((await read(file)).sha256).toBe(sha256(text));
  }
});

test('a part may be written again; one of a wrong hash leaves nothing', async () => {
  const file = fileOf('again');
  const at = (offset: number, data: string) => host.call('writeSession', { ...bench.lease, file, offset, data: Buffer.from(data).toString('base64'), size: 8, sha256: sha256('abcdefg\n') });
  expect([(await at(0, 'abcd')).state, (await at(0, 'abcd')).state, (await at(4, 'efg\n')).state, (await at(4, 'efg\n')).state]).toEqual(['more', 'more', 'written', 'there']);
  const damaged = { ...bench.lease, file: fileOf('damaged'), offset: 0, data: Buffer.from('x\n').toString('base64'), size: 2, sha256: sha256('y\n') };
  expect(await host.failure('writeSession', damaged)).toMatchObject({ kind: 'bad_input', message: expect.stringContaining('another hash') });
  expect(readdirSync(home('.agent-damaged', 'projects', '-srv-app'))).toEqual([]);
});

test('no link leads out: neither a file, nor a folder, nor a second name of another file', async () => {
  writeFileSync(home('private.txt'), 'what is not ours\n');
  mkdirSync(home('elsewhere'));
  writeFileSync(home('elsewhere', 'folder.jsonl'), 'what is not ours\n');
  rmSync(put('link', ''));
  writeFileSync(home('linked.txt'), 'what is not ours\n');
  symlinkSync(home('linked.txt'), home('.agent-link/projects/-srv-app/link.jsonl'));
  rmSync(put('hard', ''));
  linkSync(home('private.txt'), home('.agent-hard/projects/-srv-app/hard.jsonl'));
  mkdirSync(home('.agent-folder/projects'), { recursive: true });
  symlinkSync(home('elsewhere'), home('.agent-folder/projects/-srv-app'));
  mkdirSync(home('.agent-projects'));
  mkdirSync(home('elsewhere/-srv-app'));
  writeFileSync(home('elsewhere/-srv-app/projects.jsonl'), 'what is not ours\n');
  symlinkSync(home('elsewhere'), home('.agent-projects/projects'));
  for (const id of ['link', 'hard', 'folder', 'projects']) {
    expect(await read(fileOf(id))).toMatchObject({ exists: false, data: '' });
    const failed = await putBack(fileOf(id), 'x\n').catch((error: Error) => error.message);
    expect([id, failed]).not.toEqual([id, ['written']]);
  }
  expect(readFileSync(home('private.txt'), 'utf8')).toBe('what is not ours\n');
  expect([readdirSync(home('elsewhere')).sort(), readdirSync(home('elsewhere/-srv-app'))]).toEqual([['-srv-app', 'folder.jsonl'], ['projects.jsonl']]);
  // The agent's own folder is the user's to link.
  mkdirSync(home('dotfiles'));
  symlinkSync(home('dotfiles'), home('.agent-mine'));
  expect(await putBack(fileOf('mine'), 'x\n')).toEqual(['written']);
  expect(existsSync(home('dotfiles/projects/-srv-app/mine.jsonl'))).toBe(true);
});

test('a path that leads elsewhere is refused, and so is a writer without the workspace', async () => {
  for (const more of [{ name: '../x.jsonl' }, { subfolder: '..' }, { folder: 'a/../../b' }, { base: '/etc' }, { base: '..' }, { root: 'etc' as 'home' }]) {
    expect(await host.failure('readSession', { file: fileOf('x', more), from: 0, sha256: null, maxBytes: 10 })).toMatchObject({ kind: 'bad_input' });
    expect(await host.failure('writeSession', { ...bench.lease, file: fileOf('x', more), offset: 0, data: '', size: 0, sha256: sha256('') })).toMatchObject({ kind: 'bad_input' });
  }
  await host.call('claimWorkspace', { ...bench.lease, fence: 2 });
  const stale = { ...bench.lease, file: fileOf('stale'), offset: 0, data: '', size: 0, sha256: sha256('') };
  expect(await host.failure('writeSession', stale)).toMatchObject({ kind: 'stale_fence' });
});
