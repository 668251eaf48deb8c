/** Bundles workflow code for a worker that was not given a pre-built bundle: 1.5 s and 120 MB more at its start. */
import { dirname, extname, join } from 'node:path';
import { bundleWorkflowCode, type BundleOptions } from '@temporalio/worker';

/** Options that every bundle of ours is made with; `path` is that of src/workflows/index.ts (or its compiled form). */
export function bundleOptions(path: string): BundleOptions & { workflowsPath: string } {
  return { workflowsPath: path, payloadConverterPath: join(dirname(path), `payload-converter${extname(path)}`) };
}

export async function bundleWorkflows(path: string): Promise<string> {
  return (await bundleWorkflowCode(bundleOptions(path))).code;
}
