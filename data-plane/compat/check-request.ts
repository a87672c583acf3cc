/**
 * What node's parser lets through and a proxy must not: a request is forwarded only when it can be read in one way.
 * Pure. RFC 9112 §3.2 (target and Host), §6.1 (framing). Does not check routes, nor what the parser refuses by itself.
 */
import type { ErrorCode } from '#shared/error-code.js';
import type { LimitSettings } from '#shared/settings.js';
import { normaliseHost } from '../routing/host.js';

export interface RequestFacts {
  readonly method: string;
  readonly target: string;
  /** 0 for HTTP/1.0; whatever is not that owes a Host. */
  readonly minor: number;
  readonly rawHeaders: readonly string[];
}

export interface CheckedRequest {
  /** As it is sent to a backend: as it came, but for an absolute target, which loses scheme and authority. */
  readonly target: string;
  /** The target without its query. */
  readonly path: string;
  /** Lower case, without port; `null`: none given. */
  readonly host: string | null;
  /** As it came. */
  readonly hostField: string | null;
  readonly chunked: boolean;
  readonly hasBody: boolean;
}

/** None of the registered names has more than 40 bytes; longer ones have broken parsers behind proxies (CVE-2021-40346). */
const FIELD_NAME_BYTES = 255;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const PORT_MAX = 65_535;

/** A zero in front is octal to some (RFC 9110 §8.6 has no such rule, and no use for it). */
const LENGTH = /^(?:0|[1-9][0-9]*)$/;

interface Framing {
  readonly hosts: readonly string[];
  readonly codings: readonly string[];
  readonly lengths: readonly string[];
  /** The values of Connection. */
  readonly options: readonly string[];
  readonly longestName: number;
}

export function checkRequest(facts: RequestFacts, limits: LimitSettings): CheckedRequest | ErrorCode {
  if (facts.rawHeaders.length / 2 > limits.headerCount) return 'head_too_large';
  if (facts.target.length > limits.targetBytes) return 'target_too_long';
  const framing = framingOf(facts.rawHeaders);
  if (framing.longestName > FIELD_NAME_BYTES) return 'head_too_large';
  if (!framing.options.every(isOptionList)) return 'bad_request';
  if (framing.hosts.length > 1 || (facts.minor !== 0 && framing.hosts.length === 0)) return 'bad_request';
  const hostField = framing.hosts[0] ?? null;
  const host = hostField === null ? null : normaliseHost(hostField);
  // An empty Host is allowed (RFC 9110 §7.2); one that is no host is not.
  if (hostField !== null && hostField !== '' && (host === null || !isPlainAuthority(hostField))) {
    return 'bad_request';
  }
  const chunked = framing.codings.length > 0;
  if (chunked) {
    // Two framings, or a coding that HTTP/1.0 does not have: nobody knows where such a message ends.
    if (framing.lengths.length > 0 || facts.minor === 0) return 'bad_request';
    if (framing.codings.length > 1 || framing.codings[0]?.trim().toLowerCase() !== 'chunked') {
      return 'not_implemented';
    }
  }
  const [length = '0', ...more] = framing.lengths;
  if (more.length > 0 || !LENGTH.test(length) || !Number.isSafeInteger(Number(length))) return 'bad_request';
  const hasBody = chunked || Number(length) > 0;
  // RFC 9110 §9.3.8: no content, and what a backend sends back of it is not for others to see.
  if (hasBody && facts.method === 'TRACE') return 'bad_request';
  const target = originTarget(facts, hostField);
  if (target === null) return 'bad_request';
  const query = target.indexOf('?');
  return {
    target,
    path: query < 0 ? target : target.slice(0, query),
    host,
    hostField,
    chunked,
    hasBody,
  };
}

function framingOf(rawHeaders: readonly string[]): Framing {
  const hosts: string[] = [];
  const codings: string[] = [];
  const lengths: string[] = [];
  const options: string[] = [];
  let longestName = 0;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const value = rawHeaders[i + 1] ?? '';
    if (name.length > longestName) longestName = name.length;
    // Comparing lengths first spares most names the lower case.
    if (name.length === 4 && name.toLowerCase() === 'host') hosts.push(value);
    else if (name.length === 10 && name.toLowerCase() === 'connection') options.push(value);
    else if (name.length === 14 && name.toLowerCase() === 'content-length') lengths.push(value);
    else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') codings.push(value);
  }
  return { hosts, codings, lengths, options, longestName };
}

/** Without these, the message would have another meaning or another end. */
const NEVER_NOMINATED: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding']);

/** RFC 9110 §7.6.1: tokens and commas; empty elements are allowed. */
function isOptionList(value: string): boolean {
  return value.split(',').every((member) => {
    const option = member.trim();
    return option === '' || (TOKEN.test(option) && !NEVER_NOMINATED.has(option.toLowerCase()));
  });
}

/** Visible ASCII, and no port that cannot be one. Its grammar has been looked at already. */
function isPlainAuthority(authority: string): boolean {
  const port = /:([0-9]*)$/.exec(authority)?.[1] ?? '';
  return !/[^\x21-\x7e]/.test(authority) && Number(port) <= PORT_MAX;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/is;

/** The target in origin form, or `*` for OPTIONS. `null`: neither, or an authority that is not the one of Host. */
function originTarget({ method, target }: RequestFacts, hostField: string | null): string | null {
  // A fragment is not part of a target; proxies and backends disagree on what it means there.
  if (target.includes('#')) return null;
  if (target.startsWith('/')) return target;
  if (target === '*') return method === 'OPTIONS' ? target : null;
  const absolute = ABSOLUTE.exec(target);
  if (absolute === null) return null;
  const [, authority = '', rest = ''] = absolute;
  if (authority === '' || authority.toLowerCase() !== hostField?.toLowerCase()) return null;
  if (rest === '') return method === 'OPTIONS' ? '*' : '/';
  return rest.startsWith('/') ? rest : `/${rest}`;
}
