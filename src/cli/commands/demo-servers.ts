/** Hidden: the demo's scripted models as a process of their own. */
import type { Command } from 'commander';
import { runDemoServers } from '../../demo/servers.ts';
import { define, type Frame } from '../command.ts';

export function addDemoServers(program: Command, frame: Frame): void {
  define(frame, program.command('demo-servers', { hidden: true }).argument('<dir>'), ({ args: [dir = ''], io }) => runDemoServers(dir, io.signal), { endsItself: true, isService: true });
}
