/** Hides user names and passwords in URLs, before people, logs or events get the text. */

/**
 * Everything between `//` and `@`. For Redis it ends at the last `@` of the line, because a password may contain any
 * character.
 */
const CREDENTIALS = /(?<=\/\/)(?:(?<=\brediss?:\/\/)[^\n]+|[^\s"']+)(?=@)/gi;

/** Replaces each hidden character by a star, so that positions in the text stay the same. */
export function withoutPassword(text: string): string {
  return text.replaceAll(CREDENTIALS, (credentials) => '*'.repeat(credentials.length));
}
