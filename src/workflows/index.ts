/** The workflow functions, and nothing else: their names are a contract with recorded histories. */
export { milestoneWorkflow } from './milestone.ts';
export { projectWorkflow } from './project.ts';
