/** Names of Temporal objects that are shown to people. */
export { AGENT_QUEUE, WORKFLOW_QUEUE } from '../workflows/messages.ts';
