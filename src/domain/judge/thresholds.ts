/** The numbers at which rules of the judge change their mind. A plan may move each of them (`policy.thresholds`). Package-free. */

export interface Thresholds {
  /** Confidence under which a person is asked. */
  confidence: number;
  /** Quality from which another turn with the issues is worth it; under it the work is as good as failed. */
  clarify: number;
  /** Evidence and review that are further apart than this, one passing and the other failing, contradict each other. */
  conflict: number;
  /** Confidence under which a choice between alternatives is a person's. */
  design: number;
}

export const THRESHOLDS: Thresholds = { confidence: 0.3, clarify: 0.5, conflict: 0.3, design: 0.9 };

/** Of facts that were stored before a threshold could be moved, the defaults. */
export const thresholdsOf = ({ policy }: { policy: { thresholds?: Thresholds } }): Thresholds => ({ ...THRESHOLDS, ...policy.thresholds });
