/**
 * Every reason for which a head or a body is refused: the answer that a client gets for it, and the rule it breaks. A
 * response with any of these is `upstream_malformed`. Which bytes earn which reason is decided by the parsers.
 */
import type { ErrorCode } from '#shared/error-code.js';

export interface Refusal {
  readonly code: ErrorCode;
  /** Where the rule stands. */
  readonly rule: string;
}

export const REFUSALS = {
  line_end: { code: 'bad_request', rule: 'RFC 9112 §2.2: lines end with CRLF; a bare CR or LF is none' },
  empty_lines: { code: 'bad_request', rule: 'RFC 9112 §2.2: more empty lines than a client sends' },
  method: { code: 'bad_request', rule: 'RFC 9112 §3.1: a method is a token, followed by one space' },
  method_unsupported: {
    code: 'not_implemented',
    rule: 'RFC 9110 §9.1: a method that is too long, reserved, or like HEAD or CONNECT but for its case',
  },
  connect: { code: 'method_not_allowed', rule: 'RFC 9110 §9.3.6: CONNECT is for proxies' },
  target: { code: 'bad_request', rule: 'RFC 9112 §3.2: no space, control, `#` or non-ASCII in a target' },
  target_form: { code: 'bad_request', rule: 'RFC 9112 §3.2: four forms of target, each for its methods' },
  target_too_long: { code: 'target_too_long', rule: 'RFC 9110 §15.5.15: the target is longer than allowed' },
  version: { code: 'bad_request', rule: 'RFC 9112 §2.3: HTTP/ DIGIT . DIGIT' },
  version_unsupported: {
    code: 'unsupported_version',
    rule: 'RFC 9110 §15.6.6: neither HTTP/1.1 nor HTTP/1.0',
  },
  obs_fold: {
    code: 'bad_request',
    rule: 'RFC 9112 §5.2 and §2.2: no line of a head begins with white space',
  },
  field_name: {
    code: 'bad_request',
    rule: 'RFC 9112 §5.1: a name is a token, and the colon follows at once',
  },
  field_name_too_long: { code: 'head_too_large', rule: 'RFC 6585 §5' },
  field_value: { code: 'bad_request', rule: 'RFC 9110 §5.5: no control characters in a value' },
  too_many_fields: { code: 'head_too_large', rule: 'RFC 6585 §5' },
  head_too_large: { code: 'head_too_large', rule: 'RFC 6585 §5' },
  host_missing: { code: 'bad_request', rule: 'RFC 9112 §3.2: Host is required in HTTP/1.1' },
  host_repeated: { code: 'bad_request', rule: 'RFC 9112 §3.2: Host stands once' },
  host_invalid: { code: 'bad_request', rule: 'RFC 9110 §7.2: Host is a host name with an optional port' },
  length_invalid: { code: 'bad_request', rule: 'RFC 9110 §8.6: Content-Length is a decimal number' },
  length_repeated: { code: 'bad_request', rule: 'RFC 9110 §8.6: Content-Length says one number, once' },
  length_and_coding: {
    code: 'bad_request',
    rule: 'RFC 9112 §6.1: not Content-Length with Transfer-Encoding',
  },
  coding_invalid: {
    code: 'bad_request',
    rule: 'RFC 9112 §6.1: Transfer-Encoding is a list ending in chunked',
  },
  coding_repeated: { code: 'bad_request', rule: 'RFC 9112 §6.1: chunked is applied once' },
  coding_unsupported: {
    code: 'not_implemented',
    rule: 'RFC 9112 §6.1: a transfer coding that is not understood',
  },
  coding_in_http10: { code: 'bad_request', rule: 'RFC 9112 §6.1: no Transfer-Encoding in HTTP/1.0' },
  connection: { code: 'bad_request', rule: 'RFC 9110 §7.6.1: Connection is a list of tokens' },
  connection_nominates: {
    code: 'bad_request',
    rule: 'RFC 9110 §7.6.1: fields for all recipients are not named',
  },
  upgrade: { code: 'bad_request', rule: 'RFC 9110 §7.8: Upgrade is a list of protocols' },
  expectation: { code: 'expectation_failed', rule: 'RFC 9110 §10.1.1: only 100-continue is known' },
  trace_content: { code: 'bad_request', rule: 'RFC 9110 §9.3.8: no content in a TRACE request' },
  status_line: { code: 'bad_request', rule: 'RFC 9112 §4: version, status, reason, each after one space' },
  status_code: { code: 'bad_request', rule: 'RFC 9110 §15: a status is 100 to 599' },
  switch_unasked: { code: 'bad_request', rule: 'RFC 9110 §15.2.2: 101 answers a request to upgrade' },
  interim_last: { code: 'bad_request', rule: 'RFC 9110 §15.2: a final response follows 1xx, in HTTP/1.1' },
  chunk_size: { code: 'bad_request', rule: 'RFC 9112 §7.1: a chunk begins with its size in hexadecimal' },
  chunk_line_too_long: { code: 'bad_request', rule: 'RFC 9112 §7.1.1: chunk extensions are limited' },
  chunk_extension: { code: 'bad_request', rule: 'RFC 9112 §7.1.1: ;name or ;name=value' },
  chunk_overhead: { code: 'bad_request', rule: 'RFC 9112 §7.1.1: more extensions than content' },
  chunk_end: { code: 'bad_request', rule: 'RFC 9112 §7.1: CRLF follows the data of a chunk' },
  trailer_forbidden: { code: 'bad_request', rule: 'RFC 9110 §6.5.1: a field that may not stand in trailers' },
  body_too_large: { code: 'body_too_large', rule: 'RFC 9110 §15.5.14: the content is larger than allowed' },
  truncated: { code: 'bad_request', rule: 'RFC 9112 §8: the message ended before its end' },
} as const satisfies Record<string, Refusal>;

export type RefusalReason = keyof typeof REFUSALS;
