// Node's own environment, and in a run with coverage one thing more: what tests start counts too. Set only here, not for jest
// itself, which would otherwise keep V8's counters of everything it loads; Node hands the variable down to every Node it
// starts, whatever environment that is given.
import { TestEnvironment } from 'jest-environment-node';

const { HOLDPOINT_COVERAGE_DIR } = process.env;
if (HOLDPOINT_COVERAGE_DIR) process.env.NODE_V8_COVERAGE = HOLDPOINT_COVERAGE_DIR;

export default TestEnvironment;
