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
  for (let from = 0; from <= cookieHeader.length && values.length < MAX_SAME_NAME;) {
    const end = endOfPair(cookieHeader, from);
    const pair = cookieHeader.slice(from, end);
    const equals = pair.indexOf('=');
    if (equals >= 0 && nameOf(pair) === name) {
      const value = pair.slice(equals + 1).trim();
      const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
      values.push(isQuoted ? value.slice(1, -1) : value);
    }
    from = end + 1;
  }
  return values;
}

/** The field without the cookies of these names; `null` when nothing is left of it. */
export function stripCookie(cookieHeader: string, names: readonly string[]): string | null {
  if (!names.some((name) => cookieHeader.includes(name))) return cookieHeader;
  let kept = '';
  let isAnyStripped = false;
  for (let from = 0; from <= cookieHeader.length;) {
    const end = endOfPair(cookieHeader, from);
    if (names.includes(nameOf(cookieHeader.slice(from, end)))) isAnyStripped = true;
    // With the semicolon before it, if it is not the first.
    else kept += kept === '' ? cookieHeader.slice(from, end) : cookieHeader.slice(from - 1, end);
    from = end + 1;
  }
  if (!isAnyStripped) return cookieHeader;
  const rest = kept.trim();
  return rest === '' ? null : rest;
}

function endOfPair(cookieHeader: string, from: number): number {
  const end = cookieHeader.indexOf(';', from);
  return end < 0 ? cookieHeader.length : end;
}

/** The name before the `=`; a cookie without one is its own name, as in browsers' later habit. */
function nameOf(pair: string): string {
  const equals = pair.indexOf('=');
  return (equals < 0 ? pair : pair.slice(0, equals)).trim();
}
