/**
 * One exchange through a proxy, as data: what a client sends, what the backend answers, what each of them must see. Rules
 * are those of RFC 9110 and 9112, or the numbers of defects that other proxies had. Bytes are latin1 strings.
 */
import { answer } from '../backend-server.js';

export type Step =
  | { readonly send: string }
  /** Waits until the client has received this. */
  | { readonly receives: string | RegExp }
  /** Waits until some connection of the backend has received this. */
  | { readonly backendReceives: string | RegExp }
  /** The backend writes on the connection it used last. */
  | { readonly backendSends: string }
  /** The backend ends the connection it used last, or resets it. */
  | { readonly backendCloses: 'end' | 'reset' }
  /** The client sends no more, but still listens. */
  | { readonly ends: true };

/** What the backend answers to a request head; beyond the last one it answers 200. */
export interface Reply {
  readonly bytes: string;
  /** Not before the body has this. */
  readonly once?: RegExp;
  /** What the backend does with the connection afterwards. */
  readonly finally?: 'ends' | 'resets';
}

export interface Outcome {
  /** Of all final responses, in order. */
  readonly statuses: readonly number[];
  /**
   * `open`: a further request on the connection is answered as it should be. `closed`: the proxy closes it after the last response.
   * `cut`: the last response is broken off, so that nobody takes it for whole. `tunnel`: neither is looked at.
   */
  readonly after: 'open' | 'closed' | 'cut' | 'tunnel';
  /** `x-tidegate-error` of the last response. */
  readonly code?: string;
  readonly contains?: readonly (string | RegExp)[];
  readonly lacks?: readonly (string | RegExp)[];
  /** Request heads that reach the backend. */
  readonly requests: number | 'any';
  readonly backendContains?: readonly (string | RegExp)[];
  readonly backendLacks?: readonly (string | RegExp)[];
  /** Connections to the backend, together with the one for the further request of `open`. */
  readonly upstreamConnections?: number;
}

export interface StrictnessCase {
  readonly name: string;
  /** What it follows from: a section of an RFC, or the defects of other proxies that it tries. */
  readonly rule: string;
  readonly steps: readonly Step[];
  readonly replies: readonly Reply[];
  readonly expected: Outcome;
}

/** The defects of other implementations that a text names. */
export function defectsIn(text: string): readonly string[] {
  return text.match(/(?:CVE|GHSA)-[\w-]+/g) ?? [];
}

/** What a smuggled request asks for: no backend may ever see it in a request line. */
export const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n';

export const HOST = 'Host: a.test\r\n';
export const OK = answer('fine');
/** What the proxy is to take of a body at most. */
export const BODY_LIMIT = 10_000_000;

/** Bytes that are refused with this status; the backend sees nothing. Tuples, as there are many of them. */
export type Refused = readonly [name: string, rule: string, bytes: string, status?: number];

const CODES: Readonly<Record<number, string>> = {
  400: 'bad_request',
  405: 'method_not_allowed',
  413: 'body_too_large',
  414: 'target_too_long',
  417: 'expectation_failed',
  431: 'head_too_large',
  501: 'not_implemented',
  505: 'unsupported_version',
};

export function refused([name, rule, bytes, status = 400]: Refused): StrictnessCase {
  const expected: Outcome = {
    statuses: [status],
    after: 'closed',
    code: CODES[status] ?? '',
    requests: 0,
    contains: [/\r\nDate: [^\r]+ GMT\r\n/],
  };
  return { name: `refuses ${name}`, rule, steps: [{ send: bytes }], replies: [], expected };
}

/** Bytes of one request that is answered with 200, the connection staying open. */
export type Accepted = readonly [name: string, rule: string, bytes: string, outcome?: Partial<Outcome>];

export function accepted([name, rule, bytes, outcome]: Accepted): StrictnessCase {
  const expected: Outcome = { statuses: [200], after: 'open', requests: 1, ...outcome };
  return {
    name: `accepts ${name}`,
    rule,
    steps: [{ send: bytes }],
    replies: [{ bytes: OK }],
    expected,
  };
}
