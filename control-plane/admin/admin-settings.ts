/**
 * What must be true before the admin listener starts: off loopback there is a token. Problems are one sentence for the
 * person who starts Tidegate.
 */
import { AdminError, MIN_TOKEN_LENGTH } from '../config/admin-token.js';
import { isLoopback } from '#shared/settings/names.js';

/** Why the listener must not start with these settings, or `null`. */
export function adminProblem(host: string, token: string | null): string | null {
  if (token !== null || isLoopback(host)) return null;
  return `The admin listener at ${host} can be reached from other machines, so it needs admin.token_file: a file with a token of at least ${MIN_TOKEN_LENGTH} characters (openssl rand -base64 32 makes one).`;
}

/** One sentence for a failed bind. */
export function listenProblem(error: unknown, host: string, port: number): AdminError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const text: Readonly<Record<string, string>> = {
    EADDRINUSE: `The admin listener cannot use ${where}: another process listens there (perhaps another Tidegate). Stop it, or set admin.port.`,
    EACCES: `The admin listener may not use ${where}: ports below 1024 need privileges. Set admin.port to a higher one.`,
    EADDRNOTAVAIL: `The admin listener cannot use ${where}: this machine has no such address. Correct admin.host.`,
    ENOTFOUND: `The admin listener cannot use ${where}: the name ${host} is not known. Correct admin.host.`,
  };
  const reason = error instanceof Error ? error.message : String(error);
  return new AdminError(text[code] ?? `The admin listener cannot use ${where}: ${reason}.`, { cause: error });
}
