import { describe, expect, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isNewEnough } from '../../src/ssh/probe-script.ts';
import { describeWith } from '../support/needs.ts';
import { describeWithSshd } from '../support/sshd.ts';
import type { SshdOptions, TestSshd } from '../support/sshd.ts';
import { atEnd, client, failure, server } from './parts.ts';

const find = (program: string): string | undefined => ['/bin', '/usr/bin', '/usr/local/bin'].map(dir => join(dir, program)).find(file => existsSync(file));

/** All that a host must have beside a shell. */
const TOOLS = ['sh', 'base64', 'uname', 'sha256sum', 'gzip', 'mkdir', 'mv', 'rm', 'chmod'];

/** A host on which no Node can be found: a PATH of the bare tools, and a login shell that says nothing. */
async function hostWithoutNode(): Promise<TestSshd & { tools: string }> {
  const tools = await mkdtemp(join(tmpdir(), 'holdpoint-tools-'));
  atEnd(() => rm(tools, { recursive: true, force: true }));
  for (const tool of TOOLS) await symlink(find(tool) ?? '', join(tools, tool));
  return { ...await server({ path: tools, env: { SHELL: '/bin/false' } }), tools };
}

/** A "Node" for the worker: says what it is when asked by us, and does `elsewhere` for anything else. */
async function pretendedNode(dir: string, system: string, elsewhere: string): Promise<string> {
  const file = join(dir, `node-${system}`);
  await writeFile(file, `#!/bin/sh\n[ "$1" = -e ] && { echo '{"version":"v24.0.0","system":"${system}"}'; exit; }\n${elsewhere}\n`);
  await chmod(file, 0o755);
  return file;
}

describeWithSshd('a login shell', () => {
  for (const shell of ['fish', 'csh', 'tcsh', 'zsh', 'dash']) {
    const program = find(shell);
    describeWith(shell, program !== undefined, `that is ${shell}`, () => {
      test('is an ordinary one', async () => {
        const sshd = await server({ forceCommand: `${program} -c "$SSH_ORIGINAL_COMMAND"`, env: { SHELL: String(program) } });
        const link = await client(sshd.configFile).link(sshd.alias);
        expect(link.hello.home).toBe(sshd.home);
        expect((await link.api.probe({ workspace: sshd.dir, agentCommand: null })).workspace.exists).toBe(true);
      });
    });
  }

  const talkative: [name: string, options: SshdOptions, bashrc: string][] = [
    ['that talks before and after', { forceCommand: 'echo "Content-Length: 7"; echo; sh -c "$SSH_ORIGINAL_COMMAND"; echo bye' }, ''],
    ['that prints without a newline', {}, 'printf "no newline"; echo on stderr >&2'],
    ['that prints a lot', {}, 'yes "MOTD " | head -c 200000'],
    ['with another locale and time zone', { env: { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8', LANGUAGE: 'de', TZ: 'Pacific/Chatham' } }, ''],
    ['that talks like our own answers', {}, 'echo "os Plan9"; echo "home /nowhere"; echo "end yes"'],
    ['with functions over our tools', {}, 'printf() { echo mine; }; sh() { echo mine; }; base64() { echo mine; }; node() { echo mine; }'],
  ];
  test.each(talkative)('%s', async (_name, options, bashrc) => {
    const sshd = await server(options);
    await writeFile(join(sshd.home, '.bashrc'), bashrc);
    expect((await client(sshd.configFile).link(sshd.alias)).hello.home).toBe(sshd.home);
  });

  test('tells where Node is, when only it knows', async () => {
    const sshd = await server({ path: '/usr/bin:/bin', env: { SHELL: String(find('bash')) } });
    const odd = join(sshd.home, "odd place's");
    await mkdir(odd);
    await symlink(process.execPath, join(odd, 'node'));
    await writeFile(join(sshd.home, '.bashrc'), `case $- in *i*) ;; *) return ;; esac\necho hello\nPATH="$HOME/odd place's:$PATH"\n`);
    await writeFile(join(sshd.home, '.bash_profile'), '. ~/.bashrc\n');
    const link = await client(sshd.configFile).link(sshd.alias);
    expect(link.hello.node).toBe(process.version);
    expect((await link.api.probe({ workspace: null, agentCommand: 'node' })).agent.path).toBe(join(odd, 'node'));
  });

  test('that never starts our program is told from one that does', async () => {
    const sshd = await server({ forceCommand: 'echo This account is currently not available.; exit 1' });
    // Several times: how the packets of a command that ends at once arrive differs.
    for (let n = 0; n < 8; n += 1) {
      expect(await failure(client(sshd.configFile).link(sshd.alias))).toMatchObject({ kind: 'host_unsupported', hint: expect.stringContaining('base64') as unknown });
    }
  });
});

describeWithSshd('a host without Node', () => {
  test('gets the one of the worker, once', async () => {
    const sshd = await hostWithoutNode();
    expect((await client(sshd.configFile).link(sshd.alias)).hello.node).toBe(process.version);
    const uploaded = join(sshd.home, `.cache/holdpoint/node-${process.version}-linux-${process.arch}/bin`);
    expect(await readdir(uploaded)).toEqual(['node']);
    const { ino } = await stat(join(uploaded, 'node'));
    const again = await client(sshd.configFile).link(sshd.alias);
    expect(again.hello.node).toBe(process.version);
    expect((await stat(join(uploaded, 'node'))).ino).toBe(ino);
  });

  test('for which no Node fits is told what to do', async () => {
    const sshd = await hostWithoutNode();
    const otherKind = await pretendedNode(sshd.dir, 'linux-other', 'exit 1');
    expect(await failure(client(sshd.configFile, { nodeBinary: otherKind }).link(sshd.alias))).toMatchObject({
      kind: 'node_missing', message: expect.stringContaining('linux-other') as unknown, hint: expect.stringContaining('nvm install 24') as unknown,
    });
    const dud = await pretendedNode(sshd.dir, `linux-${process.arch}`, 'echo "GLIBC_9 not found"; exit 1');
    expect(await failure(client(sshd.configFile, { nodeBinary: dud }).link(sshd.alias))).toMatchObject({
      kind: 'node_missing', message: expect.stringContaining('GLIBC_9 not found') as unknown,
    });
    expect(await readdir(join(sshd.home, `.cache/holdpoint/node-v24.0.0-linux-${process.arch}/bin`))).toEqual([]);
  });

  test('that is no Linux is refused with a sentence', async () => {
    const sshd = await hostWithoutNode();
    const uname = join(sshd.tools, 'uname');
    await rm(uname);
    await writeFile(uname, '#!/bin/sh\necho Darwin\n', { mode: 0o755 });
    expect(await failure(client(sshd.configFile).link(sshd.alias))).toMatchObject({ kind: 'host_unsupported', message: expect.stringContaining('runs Darwin') as unknown });
    expect(await readdir(sshd.home)).toEqual([]);
  });

  test('and without room says so', async () => {
    const sshd = await hostWithoutNode();
    await writeFile(join(sshd.home, '.cache'), 'not a folder');
    expect(await failure(client(sshd.configFile).link(sshd.alias))).toMatchObject({ kind: 'host_unsupported', message: expect.stringContaining('.cache') as unknown });
  });
});

describe('the version of Node', () => {
  test.each([['v22.22.0', true], ['v22.21.9', false], ['v22.22.1', true], ['v24.0.0', true], ['v20.99.0', false], ['v9.99.99', false], ['v100.0.0', true]])('%s: %s', (version, enough) => {
    expect(isNewEnough(version)).toBe(enough);
  });
});
