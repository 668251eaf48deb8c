/**
 * Text that must not be in a plan, because plans are stored and shown: what looks like a credential, and what a database or a
 * process cannot hold. A fence against accidents, not a proof that there is no secret. Never repeats what it found.
 */
import type { Mistake } from '../yaml-source.ts';
import { texts } from './raw.ts';

const KNOWN_SHAPES = [
  /\bsk-(?=[\w-]*\d)[\w-]{20,}/,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/,
  /\bgithub_pat_\w{20,}/,
  /\bglpat-[\w-]{16,}/,
  /\bxox[abposr]-[\w-]{10,}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bAIza[\w-]{30,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];

const SECRET_NAME = /token|secret|passw|api[-_]?key|authorization|credential/i;
const MIN_SECRET_LENGTH = 8;

const UNSTORABLE = 'holds a character that cannot be stored (NUL or half of a pair)';
const SUGGESTION = 'keep it in an environment variable or a file, and name that';
const MESSAGE = 'looks like a secret; plans are stored and shown';

export const looksLikeSecret = (text: string): boolean => KNOWN_SHAPES.some((shape) => shape.test(text));

/** Mistakes in every text of the data. */
export function textMistakes(raw: unknown): Mistake[] {
  return [...texts(raw)].flatMap(({ text, path }) => {
    if (text.includes('\0') || !text.isWellFormed()) return [{ path, message: UNSTORABLE }];
    return looksLikeSecret(text) ? [{ path, message: MESSAGE, suggestion: SUGGESTION }] : [];
  });
}

/** `env` and `headers` of MCP servers: a name that promises a secret must hold a reference, `${NAME}`. */
export function serverSecretMistakes(servers: unknown): Mistake[] {
  return [...texts(servers)].flatMap(({ text, path }) => {
    const [name, key] = [String(path.at(-1)), path.at(-2)];
    const literal = SECRET_NAME.test(name) && text !== name && text.length >= MIN_SECRET_LENGTH && !text.includes('${');
    return literal && (key === 'env' || key === 'headers') ? [{ path, message: MESSAGE, suggestion: 'write ${NAME}' }] : [];
  });
}
