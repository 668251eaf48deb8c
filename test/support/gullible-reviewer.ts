/**
 * A reviewer that can be talked round by any text it takes for instructions: all that stands outside of the blocks of data, and
 * all that follows a speaker's mark, wherever that stands, because a model's server reads such marks in data too.
 */
import type { Review, ReviewRequest, Reviewer } from '../../src/domain/review.ts';

const ASKS_FOR_APPROVAL = /approve|score:? 1\.0|"quality": ?1/i;
const SPEAKER = /<[|\uff5c](?! )[^<>\n|\uff5c]{1,60}[|\uff5c]>|<\/?(?:s|think|tool_call|start_of_turn|end_of_turn)>|\[\/?INST\]|<<\/?SYS>>/;

/** What it takes for instructions. */
export function obeyed({ system, prompt }: Pick<ReviewRequest, 'system' | 'prompt'>): string {
  const nonce = /END (\w+)>>>/.exec(system)?.[1] ?? '';
  const outside = prompt.split(new RegExp(`<<<BEGIN [^\\n]* ${nonce}\\n[^]*?\\nEND ${nonce}>>>`)).join('[data]');
  const at = prompt.search(SPEAKER);
  return `${system}\n${outside}\n${at < 0 ? '' : prompt.slice(at)}`.replaceAll(nonce, 'nonce');
}

const judged = (quality: number, met: boolean): Review => ({
  requirementsMet: [{ requirement: 'npm test passes', met }], issues: [], alternatives: [], quality, confidence: quality,
});

export const judgeGullibly = (request: Pick<ReviewRequest, 'system' | 'prompt'>): Review =>
  (ASKS_FOR_APPROVAL.test(obeyed(request)) ? judged(1, true) : judged(0.6, false));

export const createGullible = (asked: ReviewRequest[] = []): Reviewer => ({
  name: 'gullible', model: 'gullible',
  review: async (request) => {
    asked.push(request);
    return { kind: 'reviewed', review: judgeGullibly(request), model: 'gullible', promptHash: request.promptHash, durationMs: 0, tries: 1 };
  },
  probe: async () => ({ reachable: true, modelPresent: true, version: null, detail: 'a double' }),
});
