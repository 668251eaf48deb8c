/** Payload of the signal `applyPlan` and the update `applyPlanNow`. Types only; package-free. */
export interface PlanChangeCall {
  /** Of a stored plan. */
  planSha256: string;
  by?: string;
  /** Only say whether it could be: nothing is changed. */
  check?: boolean;
  /** Said by a project to its milestones: it has asked all of them. */
  checked?: boolean;
}
