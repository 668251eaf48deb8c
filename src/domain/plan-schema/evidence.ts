/** The parts of the plan file that say what the agent must not make weaker. */
import * as z from 'zod';
import { ACCEPTABLE_KINDS } from '../weakening/finding.ts';

const NOT_INSIDE = 'must be relative to the workspace, such as test/** or jest.config.js, and not lead out of it';

const isInside = (glob: string): boolean => !/^[/~]|^!|(^|\/)\.\.(\/|$)|\0/.test(glob);

const glob = z.string().min(1, 'is blank').max(1000).refine(isInside, NOT_INSIDE);

export const globs = () => z.array(glob).max(200);

export const locked = globs().default([])
  .describe('Paths no task may change unless it says so (`mayChange`): the gate denies it, and any other way is found at the end of the turn');

export const evidence = z.strictObject({
  allow: z.array(z.enum(ACCEPTABLE_KINDS)).default([]).describe('Kinds of weaker evidence that open no question'),
}).describe('Fewer tests or assertions, new skips, changed test configuration and deleted snapshots are asked about');
