/**
 * How much memory a worker may take and keep, given when its process starts. A flood of short-lived connections (HTTP/2
 * rapid reset) otherwise leaves a worker at twice this size for good, because V8 grows its young generation and
 * malloc keeps what was freed. Whatever the operator has set wins. Requests cost the same (bench, 11 rounds).
 */

/**
 * Largest half of V8's young generation, MiB. Node's own default is 16 and more; with 4 a request on a connection of its
 * own costs 5 % more.
 */
const SEMI_SPACE_MIB = 8;
/** Free bytes at the top of the heap from which malloc gives them back to the system. */
const TRIM_THRESHOLD_BYTES = 1_048_576;

/** Arguments of Node for a worker: those of this process, and the size of the young generation where none is set. */
export function workerExecArgv(execArgv: readonly string[], nodeOptions: string | undefined): string[] {
  const isSet = [...execArgv, nodeOptions ?? ''].some((option) => /semi[-_]space[-_]size/.test(option));
  return isSet ? [...execArgv] : [...execArgv, `--max-semi-space-size=${SEMI_SPACE_MIB}`];
}

/** Variables of a worker beside those it inherits. glibc reads them; others pass over them. */
export function workerEnv(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const wanted = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: String(TRIM_THRESHOLD_BYTES) };
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => env[name] === undefined));
}
