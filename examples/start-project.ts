/**
 * Starts a plan from a program: registers it through the CLI, starts its workflow with Temporal's own client, waits for the end.
 *
 *   node examples/start-project.ts PLAN [COMMAND]       COMMAND: holdpoint's CLI, default ./bin/holdpoint
 *
 * Where Temporal is, envconfig says: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE or a profile; 127.0.0.1:7233 otherwise.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

interface Registered {
  project: string;
  planSha256: string;
}

const [plan, command = './bin/holdpoint'] = process.argv.slice(2);
if (!plan) throw new Error('usage: node examples/start-project.ts PLAN [COMMAND]');

const { stdout } = await promisify(execFile)(command, ['start', '--register-only', '--json', plan]);
const { project, planSha256 } = JSON.parse(stdout) as Registered;

const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
const connection = await Connection.connect(connectionOptions);
const { workflow } = new Client({ connection, namespace });

const handle = await workflow.start('projectWorkflow', {
  taskQueue: 'holdpoint', workflowId: `holdpoint/${project}`, args: [{ project, planSha256 }], workflowIdConflictPolicy: 'USE_EXISTING',
});
console.log(`workflow ${handle.workflowId}`);

/** Days, when a person has to answer: `holdpoint inbox` says what is asked. */
const state = await handle.result().then(() => 'completed', (error: unknown) => {
  if (error instanceof WorkflowFailedError) return `failed: ${error.cause?.message ?? error.message}`;
  throw error;
});
console.log(`state ${state}`);
await connection.close();
