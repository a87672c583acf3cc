/**
 * Parses a configuration file in a thread of its own, because the largest file takes seconds, in which a primary must
 * go on deciding. Each file gets a new thread with limits of time and memory, so that no file can harm the next.
 */
import { Worker } from 'node:worker_threads';
import type { Environment } from './environment.js';
import type { ParseResult } from './parse-config.js';
import type { Role } from '#shared/role.js';

export interface ParseOptions {
  readonly text: string;
  readonly file: string;
  readonly env: Environment;
  readonly role: Role;
}

/** Turns text into settings or into problems: `parseConfig`, in this thread or in another. */
export type Parse = (text: string, file: string, env: Environment) => ParseResult | Promise<ParseResult>;

interface ParseLimits {
  readonly timeMs: number;
  readonly heapMb: number;
}

/** Ten times what the largest file takes on a slow machine. */
export const PARSE_LIMITS: ParseLimits = { timeMs: 30_000, heapMb: 512 };

/** The program of the thread lies beside this file. */
const THREAD = new URL('./parse-thread.js', import.meta.url);

/** Never rejects. A file that cannot be parsed within the limits has a problem. */
export function parseAside(
  role: Role = 'serve',
  limits: ParseLimits = PARSE_LIMITS,
  thread: URL = THREAD,
): Parse {
  return (text, file, env) => parse({ text, file, env: { ...env }, role }, limits, thread);
}

async function parse(
  options: ParseOptions,
  { timeMs, heapMb }: ParseLimits,
  thread: URL,
): Promise<ParseResult> {
  const { promise, resolve } = Promise.withResolvers<ParseResult>();
  const fail = (message: string): void => {
    resolve({ ok: false, problems: [{ file: options.file, line: 1, col: 1, path: '', message }] });
  };
  const worker = new Worker(thread, {
    workerData: options,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  const timer = setTimeout(() => fail(`expected a file that is read within ${timeMs} ms`), timeMs);
  worker.on('message', (result: ParseResult) => resolve(result));
  worker.on('error', (error: Error) => fail(`this file cannot be read: ${error.message}`));
  worker.on('exit', () => fail('this file cannot be read: its reader ended'));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    void worker.terminate();
  }
}
