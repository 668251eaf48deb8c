// Runs one of our own programs on a prepared clone: `node scripts/run.mjs [--needs temporal] FILE ARGS…`.
import { resolve } from 'node:path';
import { bootstrap, ROOT } from './bootstrap/bootstrap.mjs';
import { handOver } from './bootstrap/hand-over.mjs';
import { orStop } from './bootstrap/say.mjs';

const args = process.argv.slice(2);
const needs = args[0] === '--needs' ? args.splice(0, 2)[1].split(',') : [];
const [file, ...rest] = args;
const { node, env } = await orStop(() => bootstrap({ needs }));
handOver(node, ['--disable-warning=ExperimentalWarning', resolve(ROOT, file), ...rest], env);
