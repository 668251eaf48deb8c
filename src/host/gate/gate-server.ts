/**
 * The gate: Claude Code's PreToolUse hook of type `http`, served by the run's own supervisor on loopback. It is the only source of
 * permission, so whatever cannot be read, decided or recorded is denied. Every decision is a line of `gate` before it is answered.
 * The hooks after a call only note its end: what they are answered says nothing, whatever they hold.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AskedCall, GatePolicy, GateVerdict } from '../../domain/gate-policy.ts';
import { errorText } from '../host-error.ts';
import type { CallMarks } from './call-marks.ts';
import { readCall, type HookCall } from './gate-call.ts';
import { inputSha256 } from '../../domain/input-sha256.ts';
import { openDesk, type Decide } from './gate-desk.ts';

/** A line of the stream `gate`. */
export interface GateLine {
  /** RFC 3339. */
  at: string;
  tool: string | null;
  toolUseId: string | null;
  /** The subagent that asked, null for the main thread. */
  agentId: string | null;
  decision: GateVerdict['decision'];
  rule: string;
  message: string | null;
  /** Of a call that waits for a person. */
  asked?: AskedCall;
}

export interface Gate {
  url: string;
  token: string;
  /** Resolves with the reason when a decision could not be recorded: then everything is denied. */
  unrecorded: Promise<string>;
  close(): void;
}

const MOST_BODY_BYTES = 32 * 1024 * 1024;

/** Below the gate's address: where the end of a call is told. */
const ENDED = '/gate/ended';

/** Serves until closed; appends to `gate` in the working directory. `home` is what `~` means to the agent. */
export async function openGate(policy: GatePolicy, home: string, marks: CallMarks | null = null): Promise<Gate> {
  const token = randomBytes(32).toString('hex');
  const log = openSync('gate', 'a', 0o600);
  const { promise: unrecorded, resolve: onUnrecorded } = Promise.withResolvers<string>();
  const judge = openDesk(policy, home);
  const decide: Decide = (call) => recorded(log, call, judge(call), onUnrecorded);
  const server = createServer((request, response) => void serveCall({ decide, token, marks }, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/gate`,
    token,
    unrecorded,
    close: () => {
      server.close();
      server.closeAllConnections();
      closeSync(log);
    },
  };
}

interface Desk {
  decide: Decide;
  token: string;
  marks: CallMarks | null;
}

async function serveCall({ decide, token, marks }: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isAuthorized(request.headers.authorization, token)) return void response.writeHead(401).end();
  const call = readCall(await readBody(request));
  const hasEnded = request.url === ENDED;
  const answer = hasEnded ? {} : { hookSpecificOutput: outputOf(await judged(decide(call), call, marks)) };
  if (hasEnded && call) await marks?.mark('end', call);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}

/** The same verdict, when the files before a call that it lets happen are noted. */
async function judged(verdict: GateVerdict, call: HookCall | undefined, marks: CallMarks | null): Promise<GateVerdict> {
  if (verdict.decision === 'allow' && call) await marks?.mark('begin', call);
  return verdict;
}

function outputOf(verdict: GateVerdict): object {
  const said = { hookEventName: 'PreToolUse', permissionDecision: verdict.decision };
  switch (verdict.decision) {
    case 'deny': return { ...said, permissionDecisionReason: verdict.message };
    case 'defer': return { ...said, permissionDecisionReason: `waits for a person: ${verdict.rule}` };
    case 'allow': return {
      ...said, permissionDecisionReason: `allowed by ${verdict.rule}`,
      ...(verdict.updatedInput !== undefined && { updatedInput: verdict.updatedInput }),
      ...(verdict.note !== undefined && { additionalContext: verdict.note }),
    };
  }
}

function isAuthorized(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Undefined when it is cut off or too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= MOST_BODY_BYTES) chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return size <= MOST_BODY_BYTES ? Buffer.concat(chunks).toString('utf8') : undefined;
}

/** What cannot be recorded is not allowed. */
function recorded(log: number, call: HookCall | undefined, verdict: GateVerdict, onUnrecorded: (why: string) => void): GateVerdict {
  const line: GateLine = {
    at: new Date().toISOString(),
    tool: call?.tool ?? null,
    toolUseId: call?.toolUseId ?? null,
    agentId: call?.agentId ?? null,
    decision: verdict.decision,
    rule: verdict.rule,
    message: verdict.decision === 'deny' ? verdict.message : null,
    ...(verdict.decision === 'defer' && { asked: { ...verdict.asked, inputSha256: inputSha256(call?.input) } }),
  };
  try {
    writeSync(log, `${JSON.stringify(line)}\n`);
    return verdict;
  } catch (error) {
    onUnrecorded(errorText(error));
    return { decision: 'deny', rule: 'unrecorded', message: `The decision could not be recorded: ${errorText(error)}` };
  }
}
