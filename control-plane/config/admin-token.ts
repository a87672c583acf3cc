/** Reads the token of the admin listener, and sees that it is worth its name. */
import { readSmallFile } from './read-file.js';

/** Shortest token accepted: 16 characters of 64 kinds are 96 bits. */
export const MIN_TOKEN_LENGTH = 16;
/** Longest token accepted; a larger file is none. */
const MAX_TOKEN_LENGTH = 1_024;

const MAX_FILE_BYTES = 2 * MAX_TOKEN_LENGTH;

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
  // As a pipe it would be waited for, for ever.
  const read = await readSmallFile(file, MAX_FILE_BYTES + 1);
  if (!read.ok) throw new AdminError(`The token file ${file} cannot be read: ${read.message}.`);
  if (read.content.length > MAX_FILE_BYTES) {
    throw new AdminError(`The token file ${file} is too large to hold a token.`);
  }
  const token = read.content.toString('utf8').trim();
  if (token.length < MIN_TOKEN_LENGTH || token.length > MAX_TOKEN_LENGTH) {
    throw new AdminError(
      `The token in ${file} has ${token.length} characters; ${MIN_TOKEN_LENGTH} to ${MAX_TOKEN_LENGTH} are needed (openssl rand -base64 32 makes one).`,
    );
  }
  // What can stand in an Authorization field (RFC 6750 §2.1, and a little more).
  if (!/^[!-~]+$/.test(token)) {
    throw new AdminError(`The token in ${file} must be one line of printable ASCII without spaces.`);
  }
  const shared = (read.mode & 0o004) !== 0;
  return {
    token,
    warning: shared
      ? `The token file ${file} can be read by every user of this machine; chmod 600 would keep it secret.`
      : null,
  };
}
