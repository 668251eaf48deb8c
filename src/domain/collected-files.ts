/** Files of the workspace that are kept with a run once it has ended by itself. Package-free. */

export interface CollectSpec {
  /** Relative to `cwd`, and below it. */
  glob: string;
  /** Of all files together. */
  maxBytes: number;
}

/** What the stream `collected` holds, as JSON; it is empty when nothing could be kept. */
export interface CollectedFiles {
  files: { path: string; text: string }[];
  /** Files that were not taken, each with the reason. */
  left: string[];
}
