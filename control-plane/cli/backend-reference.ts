/**
 * Finds out which backend a command is about. It is named `POOL/ID`, or `ID` alone if only one pool has it. If several
 * pools have it, pool `default` is preferred.
 */
import type { BackendDocument } from '../documents/pool-documents.js';
import type { StatusDocument } from '../documents/status-documents.js';
import type { ApiClient } from './api-client.js';
import { CommandFailure, EXIT_FAILED, EXIT_USAGE } from './exit-codes.js';

export const DEFAULT_POOL = 'default';

export interface BackendReference {
  readonly pool: string;
  readonly id: string;
}

/** `pool` is `null` if the text names none. */
export function parseReference(text: string): { readonly pool: string | null; readonly id: string } {
  const [first = '', second, ...rest] = text.split('/');
  if (first === '' || second === '' || rest.length > 0) {
    throw new CommandFailure(EXIT_USAGE, `${text} does not name a backend; expected POOL/ID, or ID alone.`);
  }
  return second === undefined ? { pool: null, id: first } : { pool: first, id: second };
}

/**
 * The backend that a text names; with a pool it is not looked up. Fails if no pool has it, or if several have and none
 * is `default`.
 */
export async function existingBackend(api: ApiClient, text: string): Promise<BackendReference> {
  const { pool, id } = parseReference(text);
  if (pool !== null) return { pool, id };
  const having = withBackend(await api.status(), id).map((backend) => backend.pool);
  const [only] = having;
  if (only === undefined) throw new CommandFailure(EXIT_FAILED, `No pool has a backend ${id}.`);
  if (having.length === 1) return { pool: only, id };
  if (having.includes(DEFAULT_POOL)) return { pool: DEFAULT_POOL, id };
  throw new CommandFailure(
    EXIT_USAGE,
    `Several pools have a backend ${id}; say which: ${having.map((name) => `${name}/${id}`).join(', ')}.`,
  );
}

/** Where a new backend goes if the text names no pool: to the only pool, otherwise to pool `default`. */
export async function newBackend(api: ApiClient, text: string): Promise<BackendReference> {
  const { pool, id } = parseReference(text);
  if (pool !== null) return { pool, id };
  const pools = (await api.status()).pools.map((each) => each.id);
  const [only] = pools;
  if (only !== undefined && pools.length === 1) return { pool: only, id };
  if (pools.length === 0 || pools.includes(DEFAULT_POOL)) return { pool: DEFAULT_POOL, id };
  throw new CommandFailure(
    EXIT_USAGE,
    `There are several pools; say which: ${pools.map((name) => `${name}/${id}`).join(', ')}.`,
  );
}

function withBackend(status: StatusDocument, id: string): readonly BackendDocument[] {
  return status.pools.flatMap((pool) => pool.backends.filter((backend) => backend.id === id));
}

export function pathOf({ pool, id }: BackendReference): string {
  return `/api/v1/pools/${encodeURIComponent(pool)}/backends/${encodeURIComponent(id)}`;
}
