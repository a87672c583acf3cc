/** Which trailer fields go on. Pure. */

/**
 * Fields that would change how a message is read after it has been read: framing, routing, authentication, content format
 * (RFC 9110 §6.5.1).
 */
const NOT_IN_TRAILERS: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'location',
  'max-forwards',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
  'x-real-ip',
  'x-request-id',
]);

/** @param raw as node gives them: name, value, name, value… */
export function passTrailers(raw: readonly string[]): [string, string][] {
  const passed: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const plain = name.toLowerCase().replaceAll('_', '-');
    if (NOT_IN_TRAILERS.has(plain) || plain.startsWith('x-forwarded-')) continue;
    passed.push([name, raw[i + 1] ?? '']);
  }
  return passed;
}
