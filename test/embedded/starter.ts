/** A program that starts the embedded servers and then waits to be killed: `starter.ts FOLDER BINARY [outlive]`. */
import { join } from 'node:path';
import { startPostgres } from '../../src/embedded/postgres.ts';
import { startTemporal } from '../../src/embedded/temporal.ts';

const [folder = '', binary = '', outlive] = process.argv.slice(2);
const log = (): void => undefined;
const postgres = await startPostgres({ dataDir: join(folder, 'pg'), log, outlive: outlive !== undefined });
const temporal = await startTemporal({ binary, dbFile: join(folder, 't/t.db'), namespace: 'default', log, outlive: outlive !== undefined });
const identity = ({ pid, start }: { pid: number; start: string }): object => ({ pid, start });
process.stdout.write(`${JSON.stringify({ postgres: identity(postgres), temporal: identity(temporal), url: postgres.url, address: temporal.address })}\n`);
setInterval(() => undefined, 60_000);
