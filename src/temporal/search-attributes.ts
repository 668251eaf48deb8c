/** Makes sure the namespace knows our search attributes: a workflow that writes an unknown one cannot go on. */
import type { Connection } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { HoldpointError } from '../domain/failure-kind.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';

// temporal.api.enums.v1.IndexedValueType; the package that names them is no dependency of ours.
const TYPES = { KEYWORD: 2, DOUBLE: 4, KEYWORD_LIST: 7 } as const;

type Names = keyof typeof SEARCH_ATTRIBUTES;

const NAMES = Object.keys(SEARCH_ATTRIBUTES) as Names[];

/** Those of ours the namespace does not know yet. */
export async function missingSearchAttributes(connection: Connection | NativeConnection, namespace: string): Promise<Names[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return NAMES.filter((name) => customAttributes?.[name] === undefined);
}

/** Registers what is missing and returns it. May be repeated, also at once. `policy` when the server does not let us. */
export async function registerSearchAttributes(connection: Connection | NativeConnection, namespace: string): Promise<Names[]> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return missing;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, TYPES[SEARCH_ATTRIBUTES[name]]]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (cause) {
    // Somebody else may have been faster.
    if ((await missingSearchAttributes(connection, namespace)).length > 0) throw notAllowed(namespace, missing, cause);
  }
  return missing;
}

function notAllowed(namespace: string, missing: Names[], cause: unknown): HoldpointError {
  const types = { KEYWORD: 'Keyword', DOUBLE: 'Double', KEYWORD_LIST: 'KeywordList' } as const;
  const flags = missing.map((name) => `--name ${name} --type ${types[SEARCH_ATTRIBUTES[name]]}`).join(' ');
  return new HoldpointError('policy', `the search attributes ${missing.join(', ')} could not be registered`, {
    hint: `have an operator run: temporal operator search-attribute create --namespace ${namespace} ${flags}`, cause,
  });
}
