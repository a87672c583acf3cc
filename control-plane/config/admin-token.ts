/** Reads the token of the admin listener, and sees that it is worth its name. */
import { readSecretText } from './secret-text.js';

/** Shortest token accepted: 16 characters of 64 kinds are 96 bits. */
export const MIN_TOKEN_LENGTH = 16;

/** A reason not to start, in one sentence. */
export class AdminError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AdminError';
  }
}

interface AdminToken {
  readonly token: string;
  /** What is unwise about its file, if anything. */
  readonly warning: string | null;
}

/** Reads a token. Fails with AdminError. */
export async function readAdminToken(file: string): Promise<AdminToken> {
  const read = await readSecretText(file, {
    name: 'token',
    minLength: MIN_TOKEN_LENGTH,
    // What can stand in an Authorization field (RFC 6750 §2.1, and a little more).
    pattern: /^[!-~]+$/,
    inWords: 'one line of printable ASCII without spaces',
  });
  if (!read.ok) throw new AdminError(read.message);
  return { token: read.text, warning: read.warning };
}
