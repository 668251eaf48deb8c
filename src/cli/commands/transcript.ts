/** `holdpoint transcript TURN`: what the agent itself keeps of its session, as it was at the end of a turn; from Postgres, secrets hidden. */
import type { Command } from 'commander';
import { transcriptOfTurn } from '../../db/transcripts.ts';
import type { TranscriptDocument } from '../../domain/documents/fork.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { define, type Call, type Frame } from '../command.ts';
import { existingTarget } from '../targets.ts';

async function transcript({ session, args: [name = ''], print }: Call): Promise<void> {
  const { project, milestone, task, turn } = await existingTarget(session.db, name);
  if (milestone === undefined || task === undefined || turn === undefined) throw new HoldpointError('bad_input', `${name} is no turn`, { hint: 'write project/milestone/task.turn' });
  const found = await transcriptOfTurn(session.db, { project, milestone, task, turn });
  if (!found) throw new HoldpointError('unknown_target', `no transcript of ${name} is kept`, { hint: `\`holdpoint logs ${name}\` shows the agent's stream` });
  const document: TranscriptDocument = { turn: name, session: found.session, sha256: found.sha256, hidden: found.hidden, text: found.text.toString('utf8') };
  await print(document, () => document.text);
}

export function addTranscript(program: Command, frame: Frame): void {
  define(frame, program.command('transcript').description("the agent's own transcript as it was at the end of a turn, JSON lines").argument('<turn>', 'project/milestone/task.turn'), transcript);
}
