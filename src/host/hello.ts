/** Who answers: program, machine, user. */
import { homedir, userInfo } from 'node:os';
import type { HostHello } from '../domain/host-api.ts';
import { bootId } from './proc.ts';

export function hello(version: string): HostHello {
  return {
    version,
    pid: process.pid,
    node: process.version,
    platform: process.platform,
    arch: process.arch,
    bootId: bootId(),
    user: userName(),
    home: homedir(),
  };
}

// A container may run a uid that has no entry in passwd.
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
