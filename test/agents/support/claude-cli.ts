/** Where the real CLI is: the platform package holds the binary and needs no install script. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Absolute path; throws where this platform's package is not installed. */
export function cliPath(): string {
  const variants = ['', '-musl'].map((libc) => `@anthropic-ai/claude-code-${process.platform}-${process.arch}${libc}`);
  const found = variants
    .map((name) => fileURLToPath(new URL(`../../../node_modules/${name}/claude`, import.meta.url)))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error(`None of ${variants.join(', ')} is installed: run npm ci.`);
  return found;
}
