/**
 * Where the CLI keeps a session: one file of JSON lines in a folder named after the first working directory. It looks for the id in all of
 * these folders, and goes by the file's name alone: a copy under another id is a session of its own (recorded from version 2.1.330).
 */
import type { SessionFile } from '../../domain/host-api.ts';
import type { AgentAuth } from '../../domain/plan.ts';

/** The CLI cuts longer names. */
const LONGEST_NAME = 200;

export function transcriptOf(auth: AgentAuth, { sessionId, workspace }: { sessionId: string; workspace: string }): SessionFile {
  const subfolder = workspace.replaceAll(/[^a-zA-Z0-9]/g, '-').slice(0, LONGEST_NAME);
  // As launch.ts sets the CLI's folder: a login lives in the default one, other sessions have one of their own.
  const place = auth.kind === 'login' ? { root: 'home' as const, base: '.claude' } : { root: 'state' as const, base: `sessions/${sessionId}` };
  return { ...place, folder: 'projects', subfolder, name: `${sessionId}.jsonl` };
}
