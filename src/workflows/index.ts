/** The workflow functions, and nothing else: their names are a contract with recorded histories. */
export { checkpointWorkflow } from './checkpoint.ts';
export { effectsWorkflow } from './effects.ts';
export { milestoneWorkflow } from './milestone.ts';
export { notifierWorkflow } from './notifier.ts';
export { projectWorkflow } from './project.ts';
export { restoreWorkflow } from './restore.ts';
