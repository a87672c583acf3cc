/** Names of pools and backends. The types are branded, so that one cannot be passed in place of the other. */

declare const brand: unique symbol;

/** Name of a pool: 1 to 64 characters of `A-Z a-z 0-9 . _ -`. Checked when it enters the process. */
export type PoolId = string & { readonly [brand]: 'PoolId' };

/** Name of a backend, unique in its pool: 1 to 64 characters of `A-Z a-z 0-9 . _ -`. Checked when it enters the process. */
export type BackendId = string & { readonly [brand]: 'BackendId' };

/** The form of pool and backend names. Such a name is safe as a label, in a path and in a log line. */
export const NAME_PATTERN = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,63})$/;
/** The same form for people, to be put after "expected". */
export const NAME_IN_WORDS =
  'a name of 1 to 64 characters A-Z a-z 0-9 . _ - that begins with a letter or digit';

export function isName(text: string): boolean {
  return NAME_PATTERN.test(text);
}

/** Marks a checked text as the name of a pool. */
export function poolId(text: string): PoolId {
  return text as PoolId;
}

/** Marks a checked text as the name of a backend. */
export function backendId(text: string): BackendId {
  return text as BackendId;
}
