/**
 * Reading and cutting `Cookie` fields (RFC 6265 §4.2, §5.4): pairs between semicolons, whatever is in quotes, as servers
 * read them. Other cookies are passed on byte for byte.
 */

/** Values of one name that are looked at: a client may send several (RFC 6265 §4.2.2), but not make us verify thousands. */
export const MAX_SAME_NAME = 4;

/** The values of a cookie, in the order sent, without surrounding quotes; at most `MAX_SAME_NAME`. */
export function findCookies(cookieHeader: string, name: string): string[] {
  const values: string[] = [];
  if (!cookieHeader.includes(name)) return values;
  for (const pair of cookieHeader.split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0 || nameOf(pair) !== name) continue;
    const value = pair.slice(equals + 1).trim();
    const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
    values.push(isQuoted ? value.slice(1, -1) : value);
    if (values.length === MAX_SAME_NAME) break;
  }
  return values;
}

/** The field without the cookies of these names; `null` when nothing is left of it. */
export function stripCookie(cookieHeader: string, names: readonly string[]): string | null {
  if (!names.some((name) => cookieHeader.includes(name))) return cookieHeader;
  const pairs = cookieHeader.split(';');
  const kept = pairs.filter((pair) => !names.includes(nameOf(pair)));
  if (kept.length === pairs.length) return cookieHeader;
  const rest = kept.join(';').trim();
  return rest === '' ? null : rest;
}

/** The name before the `=`; a cookie without one is its own name, as in browsers' later habit. */
function nameOf(pair: string): string {
  const equals = pair.indexOf('=');
  return (equals < 0 ? pair : pair.slice(0, equals)).trim();
}
