/**
 * Puts our files on a host: the host program by content hash, Node by version. A file is complete or absent: written
 * beside its place, checked by SHA-256, renamed. Nothing else is changed there.
 */
import { createHash, randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { FailureKind } from '../domain/failure-kind.ts';
import type { SshConnection } from './connect.ts';
import { isNewEnough, probeScript, readFacts } from './probe-script.ts';
import type { HostFacts } from './probe-script.ts';
import { quote, runScript } from './remote-script.ts';

export type Installed =
  | {
    kind: 'installed';
    /** Absolute path of a Node that is new enough. */
    node: string;
    bundle: string;
    /** PATH for the host program and what it starts. */
    path: string;
  }
  /** Our key starts nothing but a host program that somebody has put there: it is asked for by its hash. */
  | { kind: 'forced'; sha256: string };

export interface InstallOptions {
  bundlePath: string;
  nodeBinary: string;
  callTimeoutMs: number;
}

/** Login shells that hang are ended by the script itself within this time. */
const LOGIN_SHELLS_MS = 30_000;

/** A slow line may need this long for 40 MB of Node; a dead one is noticed by keepalive. */
const UPLOAD_LIMIT_MS = 15 * 60_000;

/** Looks what is there and uploads what is missing. Throws host_unsupported, node_missing. May be repeated, by anybody at once. */
export async function install(connection: SshConnection, options: InstallOptions): Promise<Installed> {
  const host = connection.target.alias;
  const sha256 = await sha256Of(options.bundlePath);
  const { output, stderr } = await runScript(connection.client, host, probeScript(sha256), options.callTimeoutMs + LOGIN_SHELLS_MS);
  if (output === '' && FORCED.test(stderr)) return { kind: 'forced', sha256 };
  const facts = readFacts(host, output, stderr);
  if (facts.os !== 'Linux') {
    throw new HoldpointError('host_unsupported', `Host "${host}" runs ${facts.os || 'an unknown system'}; Holdpoint supervises agents on Linux hosts only`);
  }
  const folder = `${facts.home}/.cache/holdpoint`;
  const bundle = `${folder}/${sha256}.mjs`;
  if (!facts.bundle) await upload(connection, { local: options.bundlePath, remote: bundle, sha256, kind: 'host_unsupported', executable: false });
  const node = facts.nodes.find(found => isNewEnough(found.version))?.path ?? await uploadNode(connection, facts, options, folder);
  return { kind: 'installed', node, bundle, path: facts.path };
}

/** How the host program refuses as a forced command (src/host/forced.ts). */
const FORCED = /^holdpoint-forced 1:/m;

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

const ARCHITECTURES: Record<string, string> = { x86_64: 'x64', aarch64: 'arm64', armv7l: 'arm', ppc64le: 'ppc64', s390x: 's390x', riscv64: 'riscv64' };

async function uploadNode(connection: SshConnection, facts: HostFacts, options: InstallOptions, folder: string): Promise<string> {
  const host = connection.target.alias;
  const ours = await describeNode(options.nodeBinary);
  const theirs = `linux-${ARCHITECTURES[facts.arch] ?? facts.arch}`;
  if (ours.system !== theirs || !isNewEnough(ours.version)) {
    throw nodeMissing(host, facts, `this worker's own (${ours.version} for ${ours.system}) does not fit ${theirs}`);
  }
  const remote = `${folder}/node-${ours.version}-${ours.system}/bin/node`;
  const sha256 = await sha256Of(options.nodeBinary);
  await upload(connection, { local: options.nodeBinary, remote, sha256, kind: 'node_missing', executable: true });
  const { output, stderr } = await runScript(connection.client, host, `${quote(remote)} --version 2>&1`, options.callTimeoutMs);
  if (output.trim() === ours.version) return remote;
  await runScript(connection.client, host, `rm -f ${quote(remote)}`, options.callTimeoutMs);
  throw nodeMissing(host, facts, `this worker's own does not run there: ${output.trim() || stderr || 'no output'}`);
}

function nodeMissing(host: string, facts: HostFacts, why: string): HoldpointError {
  const found = facts.nodes.length === 0 ? 'none was found' : `found: ${facts.nodes.map(({ path, version }) => `${path} ${version}`).join(', ')}`;
  return new HoldpointError('node_missing', `Host "${host}" has no Node 22.22 or newer (${found}), and ${why}`, {
    hint: `Install Node 24 there, for example: ssh ${host} 'curl -fsSL https://raw.githubusercontent.com/nvm-sh/nvm/v0.40.3/install.sh | bash && . ~/.nvm/nvm.sh && nvm install 24'`,
  });
}

async function describeNode(binary: string): Promise<{ version: string; system: string }> {
  const print = 'process.stdout.write(JSON.stringify({version:process.version,system:process.platform+"-"+process.arch}))';
  const { stdout } = await promisify(execFile)(binary, ['-e', print], { env: {} });
  return JSON.parse(stdout) as { version: string; system: string };
}

interface Upload {
  local: string;
  remote: string;
  sha256: string;
  kind: FailureKind;
  executable: boolean;
}

async function upload(connection: SshConnection, { local, remote, sha256, kind, executable }: Upload): Promise<void> {
  const temporary = `${remote}.${randomUUID()}`;
  const script = `umask 077; mkdir -p ${quote(remote.slice(0, remote.lastIndexOf('/')))} || exit 1
t=${quote(temporary)}; trap 'rm -f "$t"' EXIT
gzip -dc > "$t" || exit 1
sum=$(sha256sum "$t") || exit 1
[ "\${sum%% *}" = ${sha256} ] || { echo 'the bytes that arrived are not those that were sent' >&2; exit 1; }
chmod ${executable ? 700 : 600} "$t" && mv -f "$t" ${quote(remote)}`;
  const bytes = createGzip({ level: 1 });
  createReadStream(local).on('error', error => bytes.destroy(error)).pipe(bytes);
  const result = await runScript(connection.client, connection.target.alias, script, UPLOAD_LIMIT_MS, bytes);
  if (result.code === 0) return;
  throw new HoldpointError(kind, `Nothing could be put on host "${connection.target.alias}" as ${remote}: ${result.stderr || 'no reason given'}`, {
    hint: 'The home folder there must be writable and have room (150 MB when Node is uploaded too).',
  });
}
