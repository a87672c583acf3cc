/**
 * Reads a secret from a file with one line of text: a token or a password. It also says what is unwise about the file.
 */
import { readSmallFile } from './read-file.js';

/** Longest secret, in characters. A larger file is refused. */
const MAX_LENGTH = 1_024;
const MAX_FILE_BYTES = 2 * MAX_LENGTH;

export interface SecretForm {
  /** The word for the secret in a sentence, such as `token` or `password`. */
  readonly name: string;
  readonly minLength: number;
  /** The characters that the secret may have; `inWords` says the same to people. */
  readonly pattern: RegExp;
  readonly inWords: string;
}

type SecretResult =
  | { readonly ok: true; readonly text: string; readonly warning: string | null }
  /** `message` is one sentence. */
  | { readonly ok: false; readonly message: string };

/** Never rejects. White space before and after the secret is ignored. */
export async function readSecretText(file: string, form: SecretForm): Promise<SecretResult> {
  const { name, minLength, pattern, inWords } = form;
  // A pipe is refused, because it could keep the reader waiting for ever.
  const read = await readSmallFile(file, MAX_FILE_BYTES + 1);
  if (!read.ok) return refused(`The ${name} file ${file} cannot be read: ${read.message}.`);
  if (read.content.length > MAX_FILE_BYTES) {
    return refused(`The ${name} file ${file} is too large to hold a ${name}.`);
  }
  const text = read.content.toString('utf8').trim();
  if (text.length < minLength || text.length > MAX_LENGTH) {
    return refused(
      `The ${name} in ${file} has ${text.length} characters; ${minLength} to ${MAX_LENGTH} are needed${
        minLength > 1 ? ' (openssl rand -base64 32 makes one)' : ''
      }.`,
    );
  }
  if (!pattern.test(text)) return refused(`The ${name} in ${file} must be ${inWords}.`);
  const isShared = (read.mode & 0o004) !== 0;
  const warning = isShared
    ? `The ${name} file ${file} can be read by every user of this machine; chmod 600 would keep it secret.`
    : null;
  return { ok: true, text, warning };
}

function refused(message: string): SecretResult {
  return { ok: false, message };
}
