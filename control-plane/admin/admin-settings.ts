/** Checks what must hold before the admin listener starts: off loopback, there is a token. */
import { MIN_TOKEN_LENGTH } from '../config/admin-token.js';
import { isLoopback } from '#shared/settings/names.js';

/** Why the listener must not start with these settings, in one sentence; `null` if it may. */
export function adminProblem(host: string, token: string | null): string | null {
  if (token !== null || isLoopback(host)) return null;
  return `The admin listener at ${host} can be reached from other machines, so it needs admin.token_file: a file with a token of at least ${MIN_TOKEN_LENGTH} characters (openssl rand -base64 32 makes one).`;
}
