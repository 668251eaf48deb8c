/** Names of Temporal objects that are shown to people. */
export { agentQueueOf, WORKFLOW_QUEUE } from '../workflows/messages.ts';
