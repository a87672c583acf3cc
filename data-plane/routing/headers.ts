/**
 * Which header fields are passed on, and which the proxy sets, for the compat engine and so for HTTP/2. The native engine has
 * the same rules on positions in a head (`http1/upstream-head.ts`, `http1/downstream-head.ts`) and asks here about names with
 * `_` only. A property test compares the two. Fields are flat lists (name, value, name, value, …), names and order as sent. The
 * engine adds framing and the fields of the next hop (Connection, Upgrade, Transfer-Encoding) in `own`.
 *
 * Via is not added: it would tell clients and backends what stands between, and breaks caches that key on it.
 */
import type { Client } from './client-address.js';
import { stripCookie } from './cookies.js';

/**
 * Fields for the next hop only (RFC 9110 §7.6.1, §11.7). `TE` is one, because trailers are passed on anyway. `Trailer` is not,
 * because trailers are passed on.
 */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'proxy-authenticate',
  'proxy-authorization',
]);

/** `Connection` cannot nominate these: without them the message would have another meaning or another end. */
const NEVER_NOMINATED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'cookie',
  'set-cookie',
  'date',
]);

/**
 * Fields whose alias with `_` never passes: to backends that take `_` for `-` (CGI, WSGI, PHP) the alias would frame or
 * address the message anew.
 */
const NO_ALIAS: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'content-length']);

/** Set by the proxy from `Client`, never copied. */
const REPLACED: ReadonlySet<string> = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']);

const NOTHING: ReadonlySet<string> = new Set();
const CONTENT_LENGTH = 'Content-Length';

/**
 * The fields, in lower case, that a `Connection` field (or several, joined) makes hop-by-hop. Connection options and empty
 * members name no field and are harmless.
 */
export function nominated(connectionValue: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const member of connectionValue.split(',')) {
    const name = member.trim().toLowerCase();
    if (name !== '' && !NEVER_NOMINATED.has(name)) names.add(name);
  }
  return names;
}

/**
 * Whether a request field is dropped: hop-by-hop and nominated fields, pseudo fields of HTTP/2, and fields that tell who the
 * client is, unless a trusted peer sent them. Aliases of those fields and of framing with `_` are always dropped, because many
 * backends take `_` for `-`.
 */
export function isDropped(
  nameLower: string,
  nominatedNames: ReadonlySet<string>,
  trustedPeer: boolean,
): boolean {
  if (HOP_BY_HOP.has(nameLower) || nominatedNames.has(nameLower)) return true;
  if (nameLower.startsWith(':') || REPLACED.has(nameLower)) return true;
  if (isClientClaim(nameLower)) return !trustedPeer;
  if (!nameLower.includes('_')) return false;
  const plain = nameLower.replaceAll('_', '-');
  return isClientClaim(plain) || NO_ALIAS.has(plain);
}

interface RequestFieldOptions {
  readonly client: Client;
  /** Names of the session cookie, which is between client and proxy only. */
  readonly cookieNames: readonly string[];
  /** Replaces all `Host` fields (the authority of an absolute target or of HTTP/2); `null`: `Host` as sent. */
  readonly host: string | null;
  /** The engine's own fields for the next hop, flat; they come last. */
  readonly own: readonly string[];
}

/** The fields of a request towards a backend. The fields that the client nominates are dropped first; the proxy's own come last. */
export function requestFields(rawHeaders: readonly string[], options: RequestFieldOptions): string[] {
  const { client, cookieNames } = options;
  const nominatedNames = nominatedBy(rawHeaders);
  const fields: string[] = options.host === null ? [] : ['Host', options.host];
  // HTTP/2 may split cookies over fields; HTTP/1.1 has them in one (RFC 9113 §8.2.3).
  let cookieAt = -1;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = textAt(rawHeaders, i);
    const value = textAt(rawHeaders, i + 1);
    const lower = name.toLowerCase();
    if (isDropped(lower, nominatedNames, client.trustedPeer)) continue;
    if (lower === 'host' && options.host !== null) continue;
    if (lower !== 'cookie') {
      pushField(fields, name, value);
      continue;
    }
    const rest = stripCookie(value, cookieNames);
    if (rest === null) continue;
    if (cookieAt < 0) cookieAt = fields.push(name, rest) - 1;
    else fields[cookieAt] = `${textAt(fields, cookieAt)}; ${rest}`;
  }
  fields.push('X-Forwarded-For', client.forwardedFor, 'X-Forwarded-Proto', client.forwardedProto);
  if (client.forwardedHost !== null) fields.push('X-Forwarded-Host', client.forwardedHost);
  fields.push(...options.own);
  return fields;
}

interface ResponseFieldOptions {
  /** The value of a `Set-Cookie` field to add, or `null`. */
  readonly setCookie: string | null;
  /** The engine's own fields for the client's connection, flat; they come last. */
  readonly own: readonly string[];
}

/** The fields of a response towards the client. */
export function responseFields(rawHeaders: readonly string[], options: ResponseFieldOptions): string[] {
  const nominatedNames = nominatedBy(rawHeaders);
  const fields: string[] = [];
  let isPrivate = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = textAt(rawHeaders, i);
    const value = textAt(rawHeaders, i + 1);
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || nominatedNames.has(lower) || lower.startsWith(':')) continue;
    if (lower === 'cache-control') isPrivate ||= /(?:^|[\s,])(?:private|no-store)(?:$|[\s,])/i.test(value);
    pushField(fields, name, value);
  }
  if (options.setCookie !== null) {
    fields.push('Set-Cookie', options.setCookie);
    // A shared cache must not hand one client's session to others.
    if (!isPrivate) fields.push('Cache-Control', 'private');
  }
  fields.push(...options.own);
  return fields;
}

/** All fields of this name joined as one list (RFC 9110 §5.3), `null` without any. */
export function joinedField(rawHeaders: readonly string[], nameLower: string): string | null {
  let joined: string | null = null;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (textAt(rawHeaders, i).toLowerCase() !== nameLower) continue;
    const value = textAt(rawHeaders, i + 1);
    joined = joined === null ? value : `${joined}, ${value}`;
  }
  return joined;
}

/** A field as it came. A Content-Length, which has been checked, gets the one spelling that all parsers read alike. */
function pushField(fields: string[], name: string, value: string): void {
  if (name.length !== CONTENT_LENGTH.length || name.toLowerCase() !== 'content-length') {
    fields.push(name, value);
  } else fields.push(CONTENT_LENGTH, value.replace(/^0+(?=\d)/, ''));
}

function textAt(fields: readonly string[], place: number): string {
  return fields[place] ?? '';
}

function nominatedBy(rawHeaders: readonly string[]): ReadonlySet<string> {
  const connection = joinedField(rawHeaders, 'connection');
  return connection === null ? NOTHING : nominated(connection);
}

function isClientClaim(nameLower: string): boolean {
  return nameLower.startsWith('x-forwarded-') || nameLower === 'x-real-ip' || nameLower === 'forwarded';
}
