/** `holdpoint doctor [HOST]`: what a project needs, checked all at once; each failure with what to do about it. */
import { isAbsolute, resolve } from 'node:path';
import type { Command } from 'commander';
import type { DoctorDocument } from '../../domain/documents/service.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { define, type Call, type Frame } from '../command.ts';
import { exitCodeFor, type Finding } from '../doctor/finding.ts';
import { checkHost, type HostQuestion } from '../doctor/host.ts';
import { checkDatabase, checkReviewer, checkTemporal } from '../doctor/services.ts';
import { colorsFor, type Io } from '../io.ts';
import { table } from '../table.ts';

interface Options {
  workspace?: string;
}

function questionOf({ args: [host = 'local'], options: { workspace }, io }: Call<Options>): HostQuestion {
  if (workspace === undefined) return { host, workspace: null };
  if (host === 'local') return { host, workspace: resolve(io.cwd, workspace) };
  if (isAbsolute(workspace)) return { host, workspace };
  throw new HoldpointError('bad_input', `--workspace ${workspace} is not an absolute path`, { hint: `say where it is on ${host}` });
}

const documentOf = (findings: readonly Finding[]): DoctorDocument =>
  ({ ok: findings.every(({ ok }) => ok), checks: findings.map(({ name, ok, detail, cure }) => ({ name, ok, detail, ...(cure && { cure }) })) });

function textOf(findings: readonly Finding[], io: Io): string {
  const { green, red, yellow, bold } = colorsFor(io);
  const rows = findings.map(({ ok, name, detail, needs }) => [ok ? green('✓') : needs ? yellow('?') : red('✗'), name, detail]);
  const wrong = findings.filter(({ ok, needs }) => !ok && needs === undefined);
  const end = wrong.length === 0 ? 'everything is in order' : `${wrong.length} of ${findings.length} checks failed; what to do:`;
  return [table(['', 'check', 'found'], rows), '', end, ...wrong.map(({ name, cure = '' }) => `  ${bold(name)}: ${cure}`)].join('\n');
}

async function doctor(call: Call<Options>): Promise<number> {
  const { session, io, json, say, print } = call;
  const question = questionOf(call);
  // A configuration with mistakes is bad input, not a finding.
  void session.config;
  if (!json && io.stderr.isTTY) await say(`checking database, Temporal, reviewer and host ${question.host} …`);
  const checks = [checkDatabase(session), checkTemporal(session), checkReviewer(session, io.signal), checkHost(session, question)];
  const findings = (await Promise.all(checks)).flat();
  await print(documentOf(findings), () => textOf(findings, io));
  return exitCodeFor(findings);
}

export function addDoctor(program: Command, frame: Frame): void {
  const command = program.command('doctor').description('check database, Temporal, the reviewer and a host; each failure says what to do')
    .argument('[host]', '`local` (default), or an alias of ~/.ssh/config; the host program is put there')
    .option('--workspace <path>', 'a folder of code on that host: is it there, may it be written, and how are its changes noticed?');
  define<Options>(frame, command, doctor);
}
