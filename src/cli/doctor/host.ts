/** One host, in the order in which a connection comes about, then what was found there. */
import type { HostHello, ProbeResult } from '../../domain/host-api.ts';
import { HoldpointError, type FailureKind } from '../../domain/failure-kind.ts';
import { DEFAULT_EXCLUDE } from '../../domain/plan-schema/policy.ts';
import { cryptoBinding } from '../../ssh/connect.ts';
import type { HostLink } from '../../ssh/hosts.ts';
import { isNewEnough } from '../../ssh/probe-script.ts';
import type { Session } from '../session.ts';
import { checkClaude, LOGIN_QUESTION } from './claude.ts';
import { bad, before, failed, good, unknown, type Finding } from './finding.ts';

/** Each stage of the connection has 15 s; a first visit may upload Node over a slow line. */
const LINK_DEADLINE_MS = 120_000;
/** Twice the time one program on the host has for its answer. */
const PROBE_DEADLINE_MS = 40_000;

const GIB = 1024 ** 3;

const STAGES = ['host', 'host key', 'login', 'platform', 'node'] as const;
type Stage = (typeof STAGES)[number];
const OF_SSH: readonly string[] = ['host key', 'login'];
const ON_HOST = ['git', 'claude', 'claude login', 'disk'];

/** How far a failed connection came; everything else failed at the first stage. */
const STAGE_OF: Partial<Record<FailureKind, Stage>> = {
  host_key_unknown: 'host key', host_key_changed: 'host key', host_auth_failed: 'login', host_unsupported: 'platform', node_missing: 'node',
};

export interface HostQuestion {
  host: string;
  /** Absolute on the host; null: none is asked about. */
  workspace: string | null;
}

export async function checkHost(session: Session, question: HostQuestion): Promise<Finding[]> {
  const { host, workspace } = question;
  const stages = STAGES.filter((name) => host !== 'local' || !OF_SSH.includes(name));
  const onHost = workspace === null ? ON_HOST : [...ON_HOST, 'workspace', 'watch'];
  try {
    const link = await before(session.hosts.link(host), LINK_DEADLINE_MS, 'host_unreachable', `Host "${host}"`);
    return [...reached(link, stages), ...await lookAround(session, link, workspace, onHost), ...crypto(host)];
  } catch (error) {
    return [...stopped(host, stages, error), ...onHost.map((name) => unknown(name, stageOf(error))), ...crypto(host)];
  }
}

const DONE: Record<Stage, (link: HostLink) => string> = {
  host: ({ name, serverVersion }) => (serverVersion === null ? name : `${name}: ${serverVersion}`),
  'host key': () => 'as in known_hosts',
  login: ({ hello }) => `as ${hello.user}`,
  platform: ({ hello }) => `${hello.platform} ${hello.arch}`,
  node: ({ hello }) => hello.node,
};

const reached = (link: HostLink, stages: readonly Stage[]): Finding[] => stages.map((name) => (name === 'node' ? checkNode(link.hello) : good(name, DONE[name](link))));

function checkNode({ node }: HostHello): Finding {
  return isNewEnough(node) ? good('node', node) : bad('node', `${node} is too old`, 'Install Node 24 there (22.22 is the oldest that will do).', 'node_missing');
}

function stageOf(error: unknown): Stage {
  if (!(error instanceof HoldpointError) || error.details?.['stage'] === 'negotiation') return 'host';
  return STAGE_OF[error.kind] ?? 'host';
}

/** What came before the stage that failed was fine; what comes after it is not known. */
function stopped(host: string, stages: readonly Stage[], error: unknown): Finding[] {
  const at = stages.indexOf(stageOf(error));
  const cure = host === 'local' ? 'Build the host program again: npm run build.' : `Make \`ssh ${host} true\` work, then ask again.`;
  return stages.map((name, n) => {
    if (n === at) return failed(name, error, cure);
    return n < at ? good(name, n === 0 ? `${host} answers` : 'accepted') : unknown(name, stageOf(error));
  });
}

async function lookAround(session: Session, { api, hello, name: host }: HostLink, workspace: string | null, names: readonly string[]): Promise<Finding[]> {
  const { claudeCommand, claudeBaseUrl } = session.config;
  const here = api.probe({ workspace: hello.home, agentCommand: claudeCommand, ask: LOGIN_QUESTION });
  const there = workspace === null ? null : api.probe({ workspace, agentCommand: null, watch: { exclude: DEFAULT_EXCLUDE } });
  try {
    const [home, code] = await before(Promise.all([here, there]), PROBE_DEADLINE_MS, 'host_unreachable', `Host "${host}"`);
    return [
      checkGit(home, placeOf(host)),
      ...checkClaude(home, { place: placeOf(host), command: claudeCommand, baseUrl: claudeBaseUrl }),
      checkDisk([...room(hello.home, home), ...(code && workspace !== null ? room(workspace, code) : [])]),
      ...(code && workspace !== null ? [checkWorkspace(workspace, code, placeOf(host)), checkWatch(code)] : []),
    ];
  } catch (error) {
    return names.map((name) => failed(name, error, 'Ask again; the host may be busy.'));
  }
}

const placeOf = (host: string): string => (host === 'local' ? 'this machine' : host);

/** Worktrees and forks are brought back with `git merge-tree --write-tree` (docs/decisions/0026). */
const OLDEST_GIT = [2, 38] as const;

export function checkGit({ git: { path, version } }: Pick<ProbeResult, 'git'>, place: string): Finding {
  const install = `Install git on ${place}: snapshots are made with it.`;
  if (path === null) return bad('git', `there is no git on the PATH of ${place}`, install, 'git_missing');
  if (version === null) return bad('git', `${path} --version fails`, install);
  const found = `${version.replace('git version ', '')} at ${path}`;
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [];
  const update = `Install git ${OLDEST_GIT.join('.')} or newer on ${place}: worktrees (\`isolation\`) and forks are merged with it.`;
  if (major === undefined) return bad('git', `${found}: which version that is cannot be told`, update);
  const isOld = Number(major) < OLDEST_GIT[0] || (Number(major) === OLDEST_GIT[0] && Number(minor) < OLDEST_GIT[1]);
  return isOld ? bad('git', `${found} is too old for worktrees and forks`, update) : good('git', found);
}

export interface Room {
  path: string;
  freeBytes: number;
}

const room = (path: string, { workspace: { freeBytes } }: ProbeResult): Room[] => (freeBytes === null ? [] : [{ path, freeBytes }]);

/** Where snapshots and runs are kept, and where the code is. */
export function checkDisk(rooms: readonly Room[]): Finding {
  if (rooms.length === 0) return bad('disk', 'the home folder is not there', 'Give the user a home folder on the host: runs and snapshots are kept in it.');
  const detail = rooms.map(({ path, freeBytes }) => `${(freeBytes / GIB).toFixed(1)} GiB free at ${path}`).join(', ');
  const tight = rooms.filter(({ freeBytes }) => freeBytes < GIB).map(({ path }) => path);
  return tight.length === 0 ? good('disk', detail) : bad('disk', detail, `Make room at ${tight.join(' and ')}: less than 1 GiB is soon used up by snapshots.`);
}

function checkWorkspace(path: string, { workspace: { exists, writable } }: ProbeResult, place: string): Finding {
  const kind = exists ? 'workspace_not_writable' : 'workspace_missing';
  if (!exists) return bad('workspace', `there is no folder ${path} on ${place}`, 'Create it, or correct workspace.path of the plan.', kind);
  return writable ? good('workspace', path) : bad('workspace', `${path} cannot be written on ${place}`, `Give the user that signs in there the right to write to ${path}.`, kind);
}

/** No failure: what the kernel does not tell is found by looking again and again. */
export function checkWatch({ watch }: Pick<ProbeResult, 'watch'>): Finding {
  if (!watch) return unknown('watch', 'workspace');
  const { mode, watches } = watch;
  if (watches === null) return good('watch', mode);
  const { limit, needed } = watches;
  if (needed <= limit) return good('watch', `${mode}: ${needed} of the ${limit} watches its user may have`);
  return good('watch', `polling: inotify has ${limit} watches for its user, and the folders there take more (raise fs.inotify.max_user_watches)`);
}

/** A matter of this machine, known without a connection. */
function crypto(host: string): Finding[] {
  if (host === 'local') return [];
  const slow = 'JavaScript, about twice the CPU time: the compiled part of ssh2 was not built when it was installed';
  return [good('ssh crypto', cryptoBinding() === 'native' ? 'native' : slow)];
}
