/** An OpenSSH host behind a proxy whose connections can be reset or fall silent. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startLinkProxy, type LinkProxy } from '../src/drill/link-proxy.ts';
import { startHost, type BenchHost } from './b1/host.ts';

export interface ProxiedHost extends BenchHost {
  proxy: LinkProxy;
}

export interface ProxiedHostOptions {
  /** There already; holds the files of the host. */
  dir: string;
  path: string;
  alias: string;
  /** ServerAliveInterval and ServerAliveCountMax. */
  intervalSeconds: number;
  countMax: number;
}

const portOf = (host: BenchHost): number => Number(/^ {2}Port (\d+)$/m.exec(readFileSync(host.configFile, 'utf8'))?.[1]);

/** The host's own configuration, for another alias that leads through the proxy. */
function writeConfig(host: BenchHost, proxyPort: number, { dir, alias, intervalSeconds, countMax }: ProxiedHostOptions): string {
  const text = readFileSync(host.configFile, 'utf8').replace(`Host ${host.alias}`, `Host ${alias}`);
  const more = [
    `  HostKeyAlias [127.0.0.1]:${portOf(host)}`, `  ServerAliveInterval ${intervalSeconds}`, `  ServerAliveCountMax ${countMax}`, '  BatchMode yes', '',
  ];
  const file = join(dir, 'proxied_config');
  writeFileSync(file, text.replace(/^ {2}Port .*$/m, `  Port ${proxyPort}`) + more.join('\n'), { mode: 0o600 });
  return file;
}

export async function startProxiedHost(options: ProxiedHostOptions): Promise<ProxiedHost> {
  const host = await startHost(options.dir, options.path);
  const proxy = await startLinkProxy({ host: '127.0.0.1', port: portOf(host) });
  const close = async (): Promise<void> => {
    await proxy.close();
    await host.close();
  };
  return { alias: options.alias, configFile: writeConfig(host, proxy.port, options), home: host.home, proxy, close };
}
