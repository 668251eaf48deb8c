/** Text made to fit what a model can read at once, counted in tokens. Package-free: the counting is given. */

export type CountTokens = (text: string) => number;

/** Tokens a text may have, and how they are counted. */
export interface Room {
  tokens: number;
  count: CountTokens;
}

/**
 * Another tokenizer than the model's own counts: for code and prose of the model families in use it counts up to a quarter
 * less (docs/decisions/0015). The server's own count afterwards tells when even that was not enough.
 */
export const TOKEN_MARGIN = 1.25;

/** Of a model that does not say how much it reads at once. */
export const ASSUMED_WINDOW = 8_192;

const ANSWER_TOKENS = 2_048;
/** What a second try adds: an answer that was rubbish, and what was wrong with it. */
const AGAIN_TOKENS = 768;

/** How a window is shared: the answer, the further tries, the rest for the prompt. Small windows keep half for the prompt. */
export function shareWindow(windowTokens: number): { room: number; answerTokens: number } {
  const answerTokens = Math.min(ANSWER_TOKENS, Math.floor(windowTokens / 4));
  const again = Math.min(AGAIN_TOKENS, Math.floor(windowTokens / 8));
  return { room: windowTokens - answerTokens - again, answerTokens };
}

/** Tokens, as counted here, that surely are no more than the window's room for a prompt. */
export const countedRoom = (windowTokens: number): number => Math.floor(shareWindow(windowTokens).room / TOKEN_MARGIN);

/** The first lines that fit, and how many characters are missing. */
export function headOf(text: string, { tokens, count }: Room): { text: string; cut: number } {
  if (count(text) <= tokens) return { text, cut: 0 };
  const head = longestThatFits(text, { tokens, count });
  return { text: head, cut: text.length - head.length };
}

/** `headOf` with a line that says what is missing; its own tokens are within the room. */
export function cutHead(text: string, room: Room): { text: string; cut: number } {
  const mark = 16;
  const { text: head, cut } = headOf(text, room);
  if (cut === 0) return { text, cut };
  const shorter = longestThatFits(text, { ...room, tokens: room.tokens - mark });
  return { text: `${shorter}\n[${text.length - shorter.length} characters cut]`, cut: text.length - Math.min(head.length, shorter.length) };
}

/** By halving: counting is cheap beside a model. Ends at a line's end where one is near. */
function longestThatFits(text: string, { tokens, count }: Room): string {
  let [fits, tooLong] = [0, text.length + 1];
  while (tooLong - fits > 16) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (count(text.slice(0, middle)) <= tokens) fits = middle;
    else tooLong = middle;
  }
  const head = text.slice(0, fits);
  const line = head.lastIndexOf('\n');
  return line > fits * 0.7 ? head.slice(0, line) : head;
}
