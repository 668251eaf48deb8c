/** Rules that a person may allow for good: each means exactly one command, file or tool, so it is never more than was shown. */
import type { Rule } from './rule.ts';

const MAX_RULE = 500;

/** A star would be a wildcard in a rule; `:*` too. */
const isExact = (text: string): boolean => text !== '' && text.length <= MAX_RULE && !/[*\0]/.test(text) && text.trim() === text && !text.includes('\n');

export const grantForCommand = (command: string): string[] => (isExact(command) ? [`Bash(${command})`] : []);

/** `path`: where the file really is. A pattern in it would be read as one. */
export const grantForFile = (tool: string, path: string): string[] => (isExact(path) && !/[?[\]{}()!+@,\\]/.test(path) ? [`${tool}(/${path})`] : []);

export const grantForHost = (host: string): string[] => [`WebFetch(domain:${host})`];

/** Every call of the tool: its input is not known here. */
export const grantForTool = (tool: string): string[] => [tool];

/** Whether the command is one that was allowed for good, to the letter. */
export const isGranted = (granted: Rule[], command: string): Rule | undefined => granted.find(({ pattern }) => pattern !== null && pattern === command);
