/** What a template of a prompt is made of. Package-free. */

export interface Template {
  /** Liquid. */
  text: string;
  /** A value for each name it may use, as the code gives them; also what an own template is tried with. */
  sample: Readonly<Record<string, unknown>>;
  /** Names that stand for text of others: each becomes a whole block between lines with the nonce, or is null. */
  data: readonly string[];
  /** Names without which the prompt is of no use. */
  needs: readonly string[];
}
