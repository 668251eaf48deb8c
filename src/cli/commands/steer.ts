/** `holdpoint steer TARGET TEXT`: says something to the agent while it works. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { SteerDocument } from '../../domain/documents/service.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { MAX_STEER } from '../../domain/steering.ts';
import { projectStatus, steer } from '../../temporal/client.ts';
import type { Temporal } from '../../temporal/connection.ts';
import { define, type Call, type Frame } from '../command.ts';
import { targetOf } from '../targets.ts';

interface Options {
  next?: boolean;
}

const RUNNING = new Set(['running', 'waiting', 'paused']);

/** The milestone that is named, or those of the project that run. */
async function milestonesOf(temporal: Temporal, { project, milestone }: { project: string; milestone?: string }): Promise<string[]> {
  if (milestone !== undefined) return [milestone];
  const { milestones } = await projectStatus(temporal, project);
  const running = milestones.filter(({ state }) => RUNNING.has(state)).map(({ id }) => id);
  if (running.length > 0) return running;
  throw new HoldpointError('not_open', `no milestone of ${project} runs: nobody would read it`, { hint: `see \`holdpoint status ${project}\`` });
}

const SAYS = { turn: 'told to the running agent', next: 'kept for the next prompt' } as const;

async function steerTarget({ session, args: [name = '', text = ''], options, print }: Call<Options>): Promise<void> {
  const { project, milestone, task, turn } = targetOf(name);
  if (turn !== undefined) throw new HoldpointError('bad_input', `${name} names a turn; a project, a milestone or a task can be steered`);
  if (text.trim() === '' || text.length > MAX_STEER) throw new HoldpointError('bad_input', `the text must have 1 to ${MAX_STEER} characters`);
  const temporal = await session.temporal();
  const said = { text, by: userInfo().username, ...(task !== undefined && { task }), ...(options.next && { next: true }) };
  const reached: SteerDocument['reached'] = [];
  for (const id of await milestonesOf(temporal, { project, ...(milestone !== undefined && { milestone }) })) {
    reached.push({ milestone: id, when: (await steer(temporal, { project, milestone: id }, said)).reached });
  }
  const document: SteerDocument = { target: name, accepted: true, reached };
  await print(document, () => reached.map(({ milestone: id, when }) => `${project}/${id}: ${SAYS[when]}`).join('\n'));
}

export function addSteer(program: Command, frame: Frame): void {
  define(frame, program.command('steer').description('say something to the agent while it works')
    .argument('<target>', 'project, project/milestone or project/milestone/task').argument('<text>', 'what the agent is told')
    .option('--next', 'for the next prompt, not for the running turn'), steerTarget);
}
