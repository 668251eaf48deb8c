import { expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWithSshd } from '../support/sshd.ts';
import { client, failure, server } from './parts.ts';

const containing = (text: string): unknown => expect.stringContaining(text);

describeWithSshd('ProxyJump', () => {
  test('goes through one host and through two, each with its own key check', async () => {
    const [far, first, second] = [await server(), await server(), await server()];
    const block = (sshd: typeof far): Record<string, string> => ({ Port: String(sshd.port), UserKnownHostsFile: sshd.knownHostsFile, IdentityFile: sshd.identityFile });
    await far.addAlias('first', block(first));
    await far.addAlias('second', block(second));
    await far.addAlias('by-one', { ProxyJump: 'first' });
    await far.addAlias('by-two', { ProxyJump: 'first,second' });
    const hosts = client(far.configFile);
    expect((await hosts.link('by-one')).hello.home).toBe(far.home);
    expect([first.connections(), second.connections(), far.connections()]).toEqual([1, 0, 1]);
    expect((await hosts.link('by-two')).hello.home).toBe(far.home);
    expect([first.connections(), second.connections(), far.connections()]).toEqual([2, 1, 2]);
    await hosts.close();
    await writeFile(first.knownHostsFile, '');
    expect(await failure(client(far.configFile).link('by-one'))).toMatchObject({ kind: 'host_key_unknown', message: containing('"first"') });
    expect(far.connections()).toBe(2);
  });

  test('ends with its jump host, and says when the way on is closed', async () => {
    const [far, jump] = [await server(), await server()];
    await far.addAlias('jump', { Port: String(jump.port), UserKnownHostsFile: jump.knownHostsFile, IdentityFile: jump.identityFile });
    await far.addAlias('far', { ProxyJump: 'jump' });
    await far.addAlias('closed', { ProxyJump: 'jump', Port: '1' }); // one that nobody is ever given
    const hosts = client(far.configFile);
    expect(await failure(hosts.link('closed'))).toMatchObject({ kind: 'host_unreachable', message: containing('through "jump"') });
    const link = await hosts.link('far');
    await jump.close();
    expect(await link.closed).toMatchObject({ kind: 'host_unreachable' });
  });

  test('in a circle is refused', async () => {
    const sshd = await server();
    await sshd.addAlias('round', { ProxyJump: 'trip' });
    await sshd.addAlias('trip', { ProxyJump: 'round' });
    expect(await failure(client(sshd.configFile).link('round'))).toMatchObject({ kind: 'bad_input', message: containing('circle') });
  });
});

describeWithSshd('ProxyCommand', () => {
  test('carries the connection, and its complaint is told', async () => {
    const sshd = await server();
    const relay = join(sshd.dir, 'relay.mjs');
    await writeFile(relay, `import { connect } from 'node:net';
      const socket = connect(Number(process.argv[3]), process.argv[2]);
      process.stdin.pipe(socket).pipe(process.stdout);
      process.on('SIGHUP', () => process.exit());`);
    await sshd.addAlias('relayed', { ProxyCommand: `'${process.execPath}' ${relay} %h %p` });
    await sshd.addAlias('broken', { ProxyCommand: 'sh -c "echo no way there >&2; exit 3"' });
    const hosts = client(sshd.configFile);
    expect((await hosts.link('relayed')).hello.home).toBe(sshd.home);
    expect(await failure(hosts.link('broken'))).toMatchObject({ kind: 'host_unreachable', message: containing('no way there') });
  });
});
