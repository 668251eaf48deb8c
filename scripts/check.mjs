// `npm run check`: types and lint alone.
import { bootstrap, ROOT } from './bootstrap/bootstrap.mjs';
import { orStop } from './bootstrap/say.mjs';
import { runStatic } from './test/static.mjs';

const { node, env } = await orStop(() => bootstrap());
const results = await runStatic({ root: ROOT, node, env });
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
