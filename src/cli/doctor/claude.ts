/**
 * Claude Code on a host: there, running, of the tested version, signed in. Its own `auth status` says whether a login is
 * stored, without a request to anybody; no file that holds a credential is read.
 */
import type { AgentQuestion, ProbeResult } from '../../domain/host-api.ts';
import { bad, good, unknown, type Finding } from './finding.ts';

/** What Holdpoint's own tests run against. */
export const TESTED_VERSION = '2.1.330';

/** Nobody listens there: the CLI would refresh an old login on the way, beside a turn that may be doing the same. */
const NOWHERE = 'http://127.0.0.1:9';

/** As a turn with `agent.auth: login` sees it: no settings, no keys of the environment. */
export const LOGIN_QUESTION: AgentQuestion = {
  args: ['--setting-sources', '', 'auth', 'status', '--json'],
  inherit: ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR'],
  env: { HTTPS_PROXY: NOWHERE, HTTP_PROXY: NOWHERE, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' },
};

interface Where {
  /** For people. */
  place: string;
  command: string;
  /** In place of the API's own address; null: its own. */
  baseUrl: string | null;
}

export function checkClaude({ agent: { path, version }, answer }: ProbeResult, where: Where): Finding[] {
  const install = `npm install -g --allow-scripts=@anthropic-ai/claude-code @anthropic-ai/claude-code@${TESTED_VERSION}`;
  if (path === null) {
    const cure = `Install it on ${where.place} (${install}), or name its path in HOLDPOINT_CLAUDE_COMMAND.`;
    return [bad('claude', `there is no ${where.command} on the PATH of ${where.place}`, cure, 'agent_missing'), unknown('claude login', 'claude')];
  }
  if (version === null) {
    return [bad('claude', `${path} --version fails`, `Install it anew on ${where.place}: ${install}`), unknown('claude login', 'claude')];
  }
  return [good('claude', `${versionDetail(version)} at ${path}`), checkLogin(answer ?? null, where)];
}

function versionDetail(text: string): string {
  const version = /\d+\.\d+\.\d+\S*/.exec(text)?.[0] ?? text;
  return version === TESTED_VERSION ? version : `${version} (tested with ${TESTED_VERSION})`;
}

function checkLogin(answer: ProbeResult['answer'], { place, command, baseUrl }: Where): Finding {
  const name = 'claude login';
  if (baseUrl !== null) return good(name, `not checked: turns are sent to ${new URL(baseUrl).host}, and only a turn shows whom it lets in`);
  const status = readStatus(answer?.out ?? '');
  if (status === null) return good(name, 'not checked: this version does not say whether it is signed in; a turn will');
  if (status.loggedIn) return good(name, `stored (${status.authMethod}); whether it is still accepted shows at the first turn`);
  const cure = `Run \`${command} auth login\` on ${place}, or name a key in agent.auth of the plan.`;
  return bad(name, `nobody is signed in on ${place}`, cure);
}

function readStatus(text: string): { loggedIn: boolean; authMethod: string } | null {
  try {
    const { loggedIn, authMethod } = JSON.parse(text) as Record<string, unknown>;
    return typeof loggedIn === 'boolean' ? { loggedIn, authMethod: String(authMethod) } : null;
  } catch {
    return null;
  }
}
