/** Takes user names and passwords out of URLs in a text, before people, logs or events get it. */

/** What stands between `//` and `@`: of Redis up to the last `@` of the line, because a password may have anything in it. */
const CREDENTIALS = /(?<=\/\/)(?:(?<=\brediss?:\/\/)[^\n]+|[^\s"']+)(?=@)/gi;

/** Stars stand for it, as many as it has characters, so that places in the text stay what they are. */
export function withoutPassword(text: string): string {
  return text.replaceAll(CREDENTIALS, (credentials) => '*'.repeat(credentials.length));
}
