/** Builds `outFile` from the sources under `root`; `built` is false when nothing had changed. */
export function buildHost(options: { root: string; outFile: string }): Promise<{ outFile: string; built: boolean }>;
