/** Lines of about 1 kB as Claude Code writes them: texts with escapes, calls and their results in turn. */
import { closeSync, openSync, writeSync } from 'node:fs';

const TEXT = 'Let me look at `src/slug.js` first.\nIt says "quotes", \\ and tabs:\t{a: 1}, and ümläuts. ';
const PER_WRITE = 1_000;

const content = (n: number): object => {
  const text = TEXT.repeat(8);
  if (n % 3 === 0) return { type: 'text', text };
  return n % 3 === 1 ? { type: 'tool_use', id: `toolu_${n}`, name: 'Bash', input: { command: text } } : { type: 'tool_result', tool_use_id: `toolu_${n - 1}`, content: text };
};

function lineOf(n: number): string {
  const isResult = n % 3 === 2;
  return JSON.stringify({
    type: isResult ? 'user' : 'assistant', session_id: '1b4e28ba-2fa1-11d2-883f-0016d3cca427', uuid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    message: { id: `msg_${n}`, role: isResult ? 'user' : 'assistant', content: [content(n)], usage: { input_tokens: 1200, output_tokens: 300 } },
    ...(isResult && { tool_result_meta: [{ id: `toolu_${n - 1}`, permission_decision: { decision: 'approve', source: 'hook' } }] }),
  });
}

/** Writes `count` lines into `file`. */
export function writeLines(file: string, count: number): void {
  const handle = openSync(file, 'w');
  for (let from = 0; from < count; from += PER_WRITE) {
    const lines = Array.from({ length: Math.min(PER_WRITE, count - from) }, (_, n) => `${lineOf(from + n)}\n`);
    writeSync(handle, lines.join(''));
  }
  closeSync(handle);
}
