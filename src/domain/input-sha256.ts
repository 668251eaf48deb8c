/** What binds a person's answer to one call: its input to the byte, as it came. */
import { createHash } from 'node:crypto';

/** Of the JSON of `input`; the order of its members counts, so it must come from the stream and not from a row of jsonb. */
export const inputSha256 = (input: unknown): string => createHash('sha256').update(JSON.stringify(input) ?? '').digest('hex');
