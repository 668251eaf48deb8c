/** Addresses in Temporal's Web UI. */

/** Page of the latest run of a workflow. `base` without the slash at its end. */
export const workflowPage = (base: string, namespace: string, workflowId: string): string =>
  `${base.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
