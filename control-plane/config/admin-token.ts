/** Reads the token of the admin listener and refuses one that is too weak. */
import { readSecretText } from './secret-text.js';

/** Shortest token accepted, in characters: 16 characters out of 64 are 96 bits. */
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
  /** What is unwise about the token's file; `null` if nothing is. */
  readonly warning: string | null;
}

/** Reads a token. Rejects with AdminError. */
export async function readAdminToken(file: string): Promise<AdminToken> {
  const read = await readSecretText(file, {
    name: 'token',
    minLength: MIN_TOKEN_LENGTH,
    // The characters that an Authorization field may have (RFC 6750 §2.1), and a few more.
    pattern: /^[!-~]+$/,
    inWords: 'one line of printable ASCII without spaces',
  });
  if (!read.ok) throw new AdminError(read.message);
  return { token: read.text, warning: read.warning };
}
