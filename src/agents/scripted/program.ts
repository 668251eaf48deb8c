/**
 * The scripted agent's process: plain JavaScript of Node ≥ 22 that travels in the run directory, so it is a text here.
 * It takes its steps from the prompt (lines `scripted: {…}`) and asks the gate before it touches anything, as Claude Code does.
 */
export const PROGRAM = String.raw`
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

const [session, turn, seq] = process.argv.slice(2);
const gate = JSON.parse(readFileSync(new URL('gate.json', import.meta.url), 'utf8'));
let calls = 0;
let costUsd = 0;
let said = '';
let printed = 0;

const print = (event) => writeSync(1, JSON.stringify(event) + '\n');
const finish = (outcome) => {
  print({ event: 'result', outcome, costUsd });
  process.exit(outcome.kind === 'completed' || outcome.kind === 'deferred' ? 0 : 1);
};

async function permission(id, tool, input) {
  const call = { session_id: session, hook_event_name: 'PreToolUse', cwd: process.cwd(), tool_name: tool, tool_input: input, tool_use_id: id };
  const headers = { authorization: 'Bearer ' + gate.token, 'content-type': 'application/json' };
  try {
    const answer = await fetch(gate.url, { method: 'POST', headers, body: JSON.stringify(call) });
    return (await answer.json()).hookSpecificOutput;
  } catch (error) {
    return { permissionDecision: 'deny', permissionDecisionReason: 'the gate does not answer: ' + error.message };
  }
}

async function ended(id, tool, input) {
  const call = { session_id: session, hook_event_name: 'PostToolUse', tool_name: tool, tool_input: input, tool_use_id: id };
  const headers = { authorization: 'Bearer ' + gate.token, 'content-type': 'application/json' };
  await fetch(gate.url + '/ended', { method: 'POST', headers, body: JSON.stringify(call) }).catch(() => undefined);
}

async function use(tool, input, act) {
  calls += 1;
  const id = 'scripted_' + turn + '_' + seq + '_' + calls;
  print({ event: 'toolUse', id, tool, input });
  const { permissionDecision, permissionDecisionReason: message } = await permission(id, tool, input);
  if (permissionDecision === 'defer') finish({ kind: 'deferred', toolUseId: id, tool, input });
  if (permissionDecision !== 'allow') return print({ event: 'denied', id, tool, message: message ?? 'denied' });
  const answer = String((await act()) ?? 'done');
  await ended(id, tool, input);
  print({ event: 'toolResult', id, text: answer });
}

const store = (put, path, content) => {
  mkdirSync(dirname(path), { recursive: true });
  put(path, content);
};

const shell = (command) => {
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8' });
  return 'exit ' + status + '\n' + stdout + stderr;
};

const until = async (path) => {
  while (!existsSync(path)) await sleep(20);
};

const line = () => print({ event: 'text', text: 'line ' + (printed += 1) });

const flow = async (path, everyMs) => {
  for (; !existsSync(path); await sleep(everyMs)) line();
};

const escapee = "for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {}); setInterval(() => {}, 60000)";

const escape = () => {
  const child = spawn(process.execPath, ['-e', escapee], { detached: true, stdio: 'ignore' });
  child.unref();
  return 'escaped as ' + child.pid;
};

const ACTIONS = {
  say: (s) => print({ event: 'text', text: (said = s.say) }),
  raw: (s) => writeSync(1, s.raw + '\n'),
  usage: (s) => print({ event: 'usage', windows: s.usage }),
  lines: (s) => { for (let i = 0; i < s.lines; i += 1) line(); },
  until: (s) => flow(s.until, s.everyMs),
  cost: (s) => { costUsd += s.cost; },
  write: (s) => use('Write', { file_path: s.write, content: s.content ?? '' }, () => store(writeFileSync, s.write, s.content ?? '')),
  append: (s) => use('Edit', { file_path: s.append, content: s.content ?? '' }, () => store(appendFileSync, s.append, s.content ?? '')),
  run: (s) => use('Bash', { command: s.run }, () => shell(s.run)),
  waitFor: (s) => use('Read', { file_path: s.waitFor }, () => until(s.waitFor)),
  escape: () => use('Bash', { command: 'escape' }, escape),
  hang: () => use('Read', { file_path: '.' }, () => new Promise(() => setInterval(() => {}, 60000))),
  exit: (s) => process.exit(s.exit),
  end: (s) => finish(s.end),
};

const mine = (step) => (step.turn === undefined || step.turn === Number(turn)) && (step.seq === undefined || step.seq === Number(seq));
const prompt = await text(process.stdin);
const steps = prompt.split('\n').flatMap((line) => /^\s*scripted: (\{.*\})\s*$/.exec(line)?.slice(1) ?? []).map((json) => JSON.parse(json));
print({ event: 'init', session, version: '1' });
for (const step of steps.filter(mine)) {
  const name = Object.keys(ACTIONS).find((action) => action in step);
  if (name === undefined) finish({ kind: 'failed', reason: 'agent_error', message: 'unknown step ' + JSON.stringify(step) });
  await ACTIONS[name](step);
}
finish({ kind: 'completed', text: said });
`;
