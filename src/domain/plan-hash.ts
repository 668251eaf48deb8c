/** The fingerprint of a plan: what workflows name it by. Hashing needs node:crypto, so workflow code must not import this file. */
import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { Plan } from './plan.ts';

/** SHA-256 in hex of the plan's canonical JSON: equal plans, equal hash, however the file was laid out. */
export const planSha256 = (plan: Plan): string => createHash('sha256').update(canonicalJson(plan)).digest('hex');
