/** The end of a demo: the JSON document, and the same for people. */
import type { DemoReport } from '../demo/run-demo.ts';
import type { DemoDocument } from '../domain/documents/service.ts';
import { colorsFor, type Io } from './io.ts';
import { statusText } from './status-text.ts';

const hidePassword = (url: string): string => url.replace(/:[^:@/]*@/, ':***@');

export function demoDocument(report: DemoReport, kept: boolean): DemoDocument {
  const { stack, ssh, processes } = report.parts;
  const parts = [...processes, ...stack.processes, ...report.seen].map(({ name, version, pid }) => ({ name, version: version ?? null, pid }));
  const { temporal, namespace, database } = stack.addresses;
  return {
    outcome: report.outcome, scripted: report.scripted, seconds: report.seconds, project: report.status.project, workspace: report.workspace,
    webUi: stack.addresses.webUi, kept,
    addresses: { temporal, namespace, database: hidePassword(database), ssh: `${ssh.alias} 127.0.0.1:${ssh.port}` },
    // The stand-in shares the process of the scripted models.
    parts: parts.some(({ name }) => name === 'sshd') ? parts : [{ name: ssh.software, version: ssh.version, pid: ssh.pid }, ...parts],
    status: { projects: [report.status] },
    answered: report.answered.map(({ breakpoint, action, by }) => ({ breakpoint, action, by })),
    checks: report.checks, modelRequests: report.modelRequests, processesLeft: report.processesLeft,
  };
}

function furtherText(report: DemoReport, kept: boolean): string[] {
  const { project } = report.status;
  const webUi = `${report.parts.stack.addresses.webUi}/namespaces/default/workflows`;
  return [
    kept ? `Web UI     ${webUi}` : `Web UI     ${webUi} (it has ended with the demo; \`npm run demo -- --keep\` leaves everything running)`,
    kept ? 'Look further:' : 'Look further, after a demo with --keep:',
    `  ./bin/holdpoint decisions ${project}`, `  ./bin/holdpoint diff ${project}/slugs/ascii.1`, `  ./bin/holdpoint logs ${project}`,
    ...(kept ? ['End it: ./bin/holdpoint down'] : []),
  ];
}

export function demoText(report: DemoReport, io: Io, kept: boolean): string {
  const colors = colorsFor(io);
  const tests = report.checks.map(({ name, exitCode }) => `${name}: exit code ${exitCode ?? '–'}`).join(', ');
  const head = report.outcome === 'completed' ? colors.green('The project is done and its tests pass.') : colors.red('The project did not get done.');
  return [
    '', statusText({ projects: [report.status], usage: [] }, io), '',
    `${head} (${tests}; ${report.seconds.toFixed(1)} s, ${report.modelRequests} scripted model requests)`,
    `Workspace  ${report.workspace}`,
    ...furtherText(report, kept),
    ...(report.processesLeft > 0 ? [colors.red(`${report.processesLeft} processes were left running`)] : []),
  ].join('\n');
}
