/**
 * Reads the header section of an HTTP/2 request into the shape that requests have in HTTP/1.1 (RFC 9113 §8.3.1): the
 * authority is `Host`, a body without length is chunked, no pseudo field is left. What RFC 9113 calls malformed is told apart
 * from what is refused with an answer. Pure; nghttp2 refuses most of it before, and is not relied on. Does not route.
 */
import type { ErrorCode } from '#shared/error-code.js';
import type { LimitSettings } from '#shared/settings.js';
import { methodRefusal } from '../http1/wire/method.js';
import { REFUSALS } from '../http1/wire/refusal.js';

export interface Http1Shape {
  readonly kind: 'request';
  readonly method: string;
  readonly target: string;
  /** Name, value, name, value…; `Host` first, cookies still in crumbs. */
  readonly fields: readonly string[];
  readonly expectsContinue: boolean;
  /** The answer that this request gets whatever else it says. */
  readonly refusal: ErrorCode | null;
}

/** To be treated as a stream error (RFC 9113 §8.1.1): no answer, and nothing reaches a backend. */
export interface Malformed {
  readonly kind: 'malformed';
}

/** What RFC 9113 §6.5.2 adds for each field when it measures a header section. */
const FIELD_OVERHEAD = 32;

const MALFORMED: Malformed = { kind: 'malformed' };
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// A value is that of HTTP/1.1 without white space around it. Anything else could end a line in HTTP/1.1.
// oxlint-disable-next-line no-control-regex
const NOT_IN_VALUE = /[\x00-\x08\x0a-\x1f\x7f]|^[ \t]|[ \t]$/;
const VISIBLE = /^[\x21-\x7e]+$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;
const DIGITS = /^[0-9]+$/;

/** Of the connection, which HTTP/2 has no fields for (RFC 9113 §8.2.2). `te` is looked at by its value. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/**
 * @param raw name, value, name, value… as received, pseudo fields included
 * @param endsHere whether the stream ended with the header section: there is no body
 */
export function readRequestFields(
  raw: readonly string[],
  endsHere: boolean,
  limits: LimitSettings,
): Http1Shape | Malformed {
  const pseudo = readPseudoFields(raw);
  if (pseudo === null) return MALFORMED;
  const rest = readRegularFields(raw, pseudo.count);
  if (rest === null) return MALFORMED;
  if (endsHere && rest.length !== null && Number(rest.length) > 0) return MALFORMED;
  const { method, path, scheme, authority } = pseudo;
  const isConnect = method === 'CONNECT';
  if (isConnect ? path !== null || scheme !== null || authority === null : path === null || scheme === null) {
    return MALFORMED;
  }
  const fields = [...rest.fields];
  const host = authority ?? rest.hosts[0];
  if (host !== undefined) fields.unshift('Host', host);
  if (!endsHere && rest.length === null) fields.push('Transfer-Encoding', 'chunked');
  return {
    kind: 'request',
    method,
    target: path ?? host ?? '',
    fields,
    expectsContinue: rest.expectation === '100-continue',
    refusal: refusalOf({ raw, count: pseudo.count, limits, method, scheme, host, rest }),
  };
}

interface PseudoFields {
  readonly method: string;
  readonly path: string | null;
  readonly scheme: string | null;
  readonly authority: string | null;
  readonly count: number;
}

/** All pseudo fields, each at most once and before all others (RFC 9113 §8.3). `null`: malformed. */
function readPseudoFields(raw: readonly string[]): PseudoFields | null {
  const seen = new Map<string, string>();
  let at = 0;
  for (; at + 1 < raw.length && raw[at]?.startsWith(':') === true; at += 2) {
    const name = raw[at] ?? '';
    const value = raw[at + 1] ?? '';
    if (seen.has(name) || !isPseudoValue(name, value)) return null;
    seen.set(name, value);
  }
  const method = seen.get(':method');
  if (method === undefined) return null;
  return {
    method,
    path: seen.get(':path') ?? null,
    scheme: seen.get(':scheme') ?? null,
    authority: seen.get(':authority') ?? null,
    count: at / 2,
  };
}

function isPseudoValue(name: string, value: string): boolean {
  switch (name) {
    case ':method':
      return TOKEN.test(value);
    case ':path':
      return VISIBLE.test(value) && (value.startsWith('/') || value === '*');
    case ':scheme':
      return SCHEME.test(value);
    case ':authority':
      return VISIBLE.test(value);
    default:
      // `:protocol` too: extended CONNECT (RFC 8441) is not offered.
      return false;
  }
}

interface RegularFields {
  /** Without `host`. */
  readonly fields: readonly string[];
  readonly hosts: readonly string[];
  readonly length: string | null;
  readonly expectation: string | null;
}

/** `null`: malformed. */
function readRegularFields(raw: readonly string[], skipped: number): RegularFields | null {
  const fields: string[] = [];
  const hosts: string[] = [];
  let length: string | null = null;
  let expectation: string | null = null;
  for (let i = 2 * skipped; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    if (!FIELD_NAME.test(name) || NOT_IN_VALUE.test(value) || CONNECTION_FIELDS.has(name)) return null;
    if (name === 'te' && value.toLowerCase() !== 'trailers') return null;
    if (name === 'host') {
      hosts.push(value);
      continue;
    }
    if (name === 'content-length') {
      if (length !== null || !DIGITS.test(value)) return null;
      length = value;
    }
    if (name === 'expect') expectation = value.toLowerCase();
    fields.push(name, value);
  }
  return { fields, hosts, length, expectation };
}

interface RefusalFacts {
  readonly raw: readonly string[];
  /** Number of pseudo fields. */
  readonly count: number;
  readonly limits: LimitSettings;
  readonly method: string;
  readonly scheme: string | null;
  readonly host: string | undefined;
  readonly rest: RegularFields;
}

/** What can be read in one way only, and is still not served. */
function refusalOf({ raw, count, limits, method, scheme, host, rest }: RefusalFacts): ErrorCode | null {
  // Every crumb of a cookie is a field of its own here: joined ones would escape the count.
  if (raw.length / 2 - count > limits.headerCount || sectionBytes(raw) > limits.headBytes) {
    return 'head_too_large';
  }
  const reason = methodRefusal(method);
  if (reason !== null) return REFUSALS[reason].code;
  // The listener speaks TLS: a request for something else was meant for somebody else.
  if (scheme?.toLowerCase() !== 'https' || host === undefined) return 'bad_request';
  if (rest.hosts.some((other) => other.toLowerCase() !== host.toLowerCase())) return 'bad_request';
  if (rest.expectation !== null && rest.expectation !== '100-continue') return 'expectation_failed';
  return null;
}

function sectionBytes(raw: readonly string[]): number {
  let bytes = 0;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    bytes += (raw[i]?.length ?? 0) + (raw[i + 1]?.length ?? 0) + FIELD_OVERHEAD;
  }
  return bytes;
}
