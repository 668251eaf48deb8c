/** Database, Temporal and reviewer: what every project needs, wherever its code is. */
import { migrationState, serverVersion } from '../../db/migrate.ts';
import { DEFAULT_REVIEWER_MODEL } from '../../domain/plan-schema/file.ts';
import type { Reviewer } from '../../domain/review.ts';
import { builtinReviewers, createReviewers, loadReviewerPackages } from '../../llm/registry.ts';
import type { Temporal } from '../../temporal/connection.ts';
import { hasNamespace, lackingSearchAttributes, pollingWorkers, temporalVersion } from '../../temporal/health.ts';
import type { Session } from '../session.ts';
import { bad, before, failed, good, unknown, type Finding } from './finding.ts';

const DEADLINE_MS = 12_000;
const REVIEWER_DEADLINE_MS = 10_000;

export async function checkDatabase(session: Session): Promise<Finding[]> {
  try {
    const { host, pathname } = new URL(session.config.databaseUrl);
    const version = await before(serverVersion(session.db), DEADLINE_MS, 'database_unreachable', `Postgres at ${host}${pathname}`);
    return [good('database', `Postgres ${version} at ${host}${pathname}`), await migrations(session)];
  } catch (error) {
    const cure = 'Start it with `holdpoint up`, or say in DATABASE_URL where it is.';
    return [failed('database', error, cure), unknown('migrations', 'database')];
  }
}

async function migrations({ db }: Session): Promise<Finding> {
  const name = 'migrations';
  try {
    const { pending, unknown: newer } = await before(migrationState(db), DEADLINE_MS, 'database_unreachable', 'Postgres');
    const cure = 'Use the Holdpoint version that migrated it, or a newer one.';
    if (newer.length > 0) return bad(name, `the database is newer than this program: it has ${newer.join(', ')}`, cure);
    if (pending.length > 0) return bad(name, `the database lacks ${pending.join(', ')}`, 'Run `holdpoint migrate`.');
    return good(name, 'all applied');
  } catch (error) {
    return failed(name, error, 'Run `holdpoint migrate` and read what it says.');
  }
}

const OF_NAMESPACE = ['search attributes', 'worker'] as const;

export async function checkTemporal(session: Session): Promise<Finding[]> {
  let temporal: Temporal;
  let reached: Finding;
  try {
    temporal = await before(session.temporal(), DEADLINE_MS, 'temporal_unreachable', 'Temporal');
    reached = good('temporal', `Temporal ${await temporalVersion(temporal)} at ${temporal.address}`);
  } catch (error) {
    const cure = 'Start it with `holdpoint up`, or say in TEMPORAL_ADDRESS where it is.';
    return [failed('temporal', error, cure), ...['namespace', ...OF_NAMESPACE].map((name) => unknown(name, 'temporal'))];
  }
  const namespace = await checkNamespace(temporal);
  if (!namespace.ok) return [reached, namespace, ...OF_NAMESPACE.map((name) => unknown(name, 'namespace'))];
  return [reached, namespace, ...await Promise.all([checkSearchAttributes(temporal), checkWorker(session, temporal)])];
}

async function checkNamespace(temporal: Temporal): Promise<Finding> {
  const { namespace } = temporal;
  const create = `Create it: temporal operator namespace create --namespace ${namespace}, or name another in TEMPORAL_NAMESPACE.`;
  try {
    return await hasNamespace(temporal) ? good('namespace', namespace) : bad('namespace', `there is no namespace ${namespace}`, create);
  } catch (error) {
    return failed('namespace', error, 'Ask who runs Temporal whether you may use this namespace.');
  }
}

async function checkSearchAttributes(temporal: Temporal): Promise<Finding> {
  const name = 'search attributes';
  try {
    const missing = await lackingSearchAttributes(temporal);
    return missing.length === 0 ? good(name, 'all registered') : bad(name, `not registered: ${missing.join(', ')}`, 'Run `holdpoint migrate`.');
  } catch (error) {
    return failed(name, error, 'Run `holdpoint migrate` and read what it says.');
  }
}

async function checkWorker(session: Session, temporal: Temporal): Promise<Finding> {
  const cure = 'Start one with `holdpoint worker`, or everything with `holdpoint up`.';
  try {
    const workers = await pollingWorkers(temporal, session.config.taskQueue);
    return workers.length === 0 ? bad('worker', 'none polls for work', cure) : good('worker', `${workers.length} polling: ${workers.join(', ')}`);
  } catch (error) {
    return failed('worker', error, cure);
  }
}

/** The reviewer of a plan that names none. */
async function defaultReviewer({ config }: Session): Promise<Reviewer> {
  const packages = await loadReviewerPackages(config.reviewers);
  const reviewers = createReviewers(builtinReviewers({ ollama: { host: config.ollamaHost } }), packages);
  return reviewers.make({ name: 'ollama', model: DEFAULT_REVIEWER_MODEL, deadlineMs: REVIEWER_DEADLINE_MS, ...config.reviewer });
}

export async function checkReviewer(session: Session, signal: AbortSignal): Promise<Finding[]> {
  try {
    const reviewer = await defaultReviewer(session);
    const end = AbortSignal.any([signal, AbortSignal.timeout(REVIEWER_DEADLINE_MS)]);
    const probing = reviewer.probe(end);
    const found = await before(probing, REVIEWER_DEADLINE_MS + 1_000, 'model_unreachable', `Reviewer ${reviewer.name}`);
    const cure = found.cure ?? `See to the model ${reviewer.model}, or name another in HOLDPOINT_REVIEWER_MODEL.`;
    if (!found.reachable) return [bad('reviewer', found.detail, cure, 'model_unreachable'), unknown('model', 'reviewer')];
    const reached = good('reviewer', `${reviewer.name} ${found.version ?? ''}`.trim());
    return [reached, found.modelPresent ? good('model', reviewer.model) : bad('model', found.detail, cure)];
  } catch (error) {
    return [failed('reviewer', error, 'Check HOLDPOINT_REVIEWER and HOLDPOINT_REVIEWERS.'), unknown('model', 'reviewer')];
  }
}
