/**
 * What must be true before the admin listener starts: off loopback there is a token, and the token is worth its name.
 * Problems are one sentence for the person who starts Tidegate.
 */
import { readFile, stat } from 'node:fs/promises';
import { isLoopback } from '../config/listen-options.js';

/** Shortest token accepted: 16 characters of 64 kinds are 96 bits. */
export const MIN_TOKEN_LENGTH = 16;
/** Longest token accepted; a larger file is none. */
export const MAX_TOKEN_LENGTH = 1_024;

/** A reason not to start, in one sentence. */
export class AdminError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AdminError';
  }
}

export interface AdminToken {
  readonly token: string;
  /** What is unwise about its file, if anything. */
  readonly warning: string | null;
}

/** Why the listener must not start with these settings, or `null`. */
export function adminProblem(host: string, token: string | null): string | null {
  if (token !== null || isLoopback(host)) return null;
  return `The admin listener at ${host} can be reached from other machines, so it needs admin.token_file: a file with a token of at least ${MIN_TOKEN_LENGTH} characters (openssl rand -base64 32 makes one).`;
}

/** Reads a token. Fails with AdminError. */
export async function readAdminToken(file: string): Promise<AdminToken> {
  let text: string;
  let mode: number;
  try {
    const facts = await stat(file);
    if (facts.size > 2 * MAX_TOKEN_LENGTH)
      throw new AdminError(`The token file ${file} is too large to hold a token.`);
    mode = facts.mode;
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof AdminError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AdminError(`The token file ${file} cannot be read: ${reason}.`, { cause: error });
  }
  const token = text.trim();
  if (token.length < MIN_TOKEN_LENGTH || token.length > MAX_TOKEN_LENGTH) {
    throw new AdminError(
      `The token in ${file} has ${token.length} characters; ${MIN_TOKEN_LENGTH} to ${MAX_TOKEN_LENGTH} are needed (openssl rand -base64 32 makes one).`,
    );
  }
  // What can stand in an Authorization field (RFC 6750 §2.1, and a little more).
  if (!/^[!-~]+$/.test(token)) {
    throw new AdminError(`The token in ${file} must be one line of printable ASCII without spaces.`);
  }
  const shared = (mode & 0o004) !== 0;
  return {
    token,
    warning: shared
      ? `The token file ${file} can be read by every user of this machine; chmod 600 would keep it secret.`
      : null,
  };
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
