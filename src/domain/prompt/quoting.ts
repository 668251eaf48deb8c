/**
 * Text of others inside a prompt: output of checks, a reviewer's words, file contents. It stands between two lines that
 * carry a nonce the text cannot know, and is called data. Claude Code also gives meaning to some text wherever it stands:
 * `@path` at the start of a word attaches that file, so such an `@` gets a space behind it. The space can be seen, unlike
 * a zero-width character that an agent might copy into code. A prompt's very first character must not be `/`.
 */

/** `@` where Claude Code would take it for a file: not after a letter or digit, as in an address. */
const ATTACHES = /(^|[^A-Za-z0-9._%+-])@(?=\S)/g;

/** Takes its meaning from an `@` at the start of a word. */
export const neutralise = (text: string): string => text.replaceAll(ATTACHES, '$1@ ');

/** A block of data with its title. The nonce in the text itself is taken out, so that it cannot close the block. */
export function quote(title: string, text: string, nonce: string): string {
  const data = text.replaceAll(nonce, '').trimEnd();
  return `<<<BEGIN ${title} ${nonce}\n${data}\nEND ${nonce}>>>`;
}

/** As `quote`, for a prompt of the agent. */
export const quoteForAgent = (title: string, text: string, nonce: string): string => quote(title, neutralise(text), nonce);

/** The last part of a long text, at a line's start where one is near. */
export function tailOf(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const tail = text.slice(-maxChars);
  const line = tail.indexOf('\n');
  return `[${text.length - maxChars} characters cut]\n${line >= 0 && line < 200 ? tail.slice(line + 1) : tail}`;
}
