// Turns this process into the program that was asked for. Where Node can replace itself (22.15, 23.11 and newer) there is one
// process and nothing stands between it and its signals; elsewhere a child, with signals passed on and its exit code kept.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

// Ctrl-C reaches the whole group of the terminal, so the child has it already.
const PASSED_ON = process.stdin.isTTY ? ['SIGTERM', 'SIGHUP'] : ['SIGTERM', 'SIGHUP', 'SIGINT'];

/** Does not return. */
export function handOver(file, args, env) {
  if (typeof process.execve === 'function') {
    process.emitWarning = () => undefined;
    process.execve(file, [file, ...args], env);
  }
  const child = spawn(file, args, { env, stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.on(signal, () => PASSED_ON.includes(signal) && child.kill(signal));
  child.once('error', (error) => {
    process.stderr.write(`holdpoint: ${file} could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.once('close', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
