/**
 * The ways in which a backend may read a path: percent-encoding decoded (RFC 3986 §6.2.2), dot segments resolved (§5.2.4),
 * and, each or not, encoded slashes and backslashes taken for slashes, empty segments merged, `;parameters` dropped.
 */

/** Whether a path can be read in more than one way at all. Most cannot. */
export function hasOtherReadings(path: string): boolean {
  return /[%\\;]|\/\/|\/\.\.?(?:\/|$)/.test(path);
}

const ENCODED = /%([0-7][0-9a-fA-F])/g;

/** Every reading; some may be the same. Each starts with a slash. */
export function otherReadings(path: string): string[] {
  const readings: string[] = [];
  for (const slashes of [false, true]) {
    const decoded = decode(path, slashes);
    for (const parameters of [false, true]) {
      const bare = parameters ? decoded.replace(/;[^/]*/g, '') : decoded;
      readings.push(resolveDots(bare), resolveDots(bare.replace(/\/{2,}/g, '/')));
    }
  }
  return readings;
}

/** Decodes ASCII once. Slashes and backslashes become separators, or stay encoded so that they separate nothing. */
function decode(path: string, slashes: boolean): string {
  const decoded = path.replace(ENCODED, (encoded, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return !slashes && (character === '/' || character === '\\') ? encoded : character;
  });
  return slashes ? decoded.replaceAll('\\', '/') : decoded;
}

function resolveDots(path: string): string {
  const output: string[] = [];
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') output.pop();
    else if (segment !== '.') output.push(segment);
  }
  return `/${output.join('/')}`;
}
