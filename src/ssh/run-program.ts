/** Runs one of OpenSSH's own programs (`ssh`, `ssh-keygen`) without a shell and without a terminal to ask on. */
import { execFile } from 'node:child_process';
import { HoldpointError } from '../domain/failure-kind.ts';

export interface ProgramResult {
  /** Null when a signal or the time limit ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

const TIME_LIMIT_MS = 30_000;

/** Never rejects for an exit code; throws `host_unsupported` when the program is not installed on this machine. */
export function runProgram(program: string, args: string[]): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: TIME_LIMIT_MS, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') return reject(missingProgram(program));
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr });
    });
    child.stdin?.end();
  });
}

function missingProgram(program: string): HoldpointError {
  return new HoldpointError('host_unsupported', `This machine has no "${program}" program, which reads your ssh configuration and known_hosts`, {
    hint: 'Install the OpenSSH client (Debian, Ubuntu: apt install openssh-client; Fedora: dnf install openssh-clients; Alpine: apk add openssh-client).',
  });
}
