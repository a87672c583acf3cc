/**
 * Makes one HTTP health check: one request on a new connection, so that the check also shows that connecting works.
 *
 * It uses a bare socket, because there may be ten thousand checks per second: one check takes 70 µs of a core, with
 * `node:http` 140 µs, with undici 230 µs. `check-request.ts` says what is asked, `check-response.ts` reads the answer,
 * `unmet.ts` compares it with what is expected.
 */
import dns from 'node:dns';
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import tls from 'node:tls';
import { isOwnFault } from '#shared/platform/open-files.js';
import { watchedLookup } from '#shared/platform/watched-lookup.js';
import type { BackendAddress, HealthCheckSettings } from '#shared/settings.js';
import type { CheckResult } from '../domain/evidence.js';
import { TextPatterns } from '../config/text-pattern.js';
import { portOf, requestTo, tlsNameOf } from './check-request.js';
import { checkTimer } from './check-timer.js';
import { CheckResponse, MalformedAnswer } from './check-response.js';
import { unmetBy } from './unmet.js';

/** Longest text that is kept as evidence, in characters. */
const WORDS_LIMIT = 200;

export interface CheckTools {
  readonly lookup: net.LookupFunction;
  readonly patterns: TextPatterns;
}

/**
 * Makes one check. Never rejects. Resolves with `null` if nothing was learnt about the backend: this host could not
 * check (it has no free descriptors), or `ended` aborted the check.
 *
 * The whole answer has to arrive within the timeout, because a backend that stalls or breaks off in its answer does the
 * same to clients.
 *
 * @param at time of day of the check, in milliseconds since 1970; its duration is measured with the monotonic clock
 */
export function httpCheck(
  address: BackendAddress,
  settings: HealthCheckSettings,
  at: number,
  ended: AbortSignal,
  { lookup = systemLookup, patterns = new TextPatterns() }: Partial<CheckTools> = {},
): Promise<CheckResult | null> {
  const began = performance.now();
  const { promise, resolve } = Promise.withResolvers<CheckResult | null>();
  if (ended.aborted) return Promise.resolve(null);
  const response = new CheckResponse({
    isBodiless: settings.method === 'HEAD',
    isKept: settings.expect.body !== undefined,
  });
  const name = new CheckedName();
  const socket = connect(
    address,
    settings,
    watchedLookup(lookup, (_name, found) => (name.resolved = found)),
  );
  let settled = false;
  const settle = (result: CheckResult | null): void => {
    if (settled) return;
    settled = true;
    timer.cancel();
    ended.removeEventListener('abort', onEnded);
    socket.destroy();
    resolve(result);
  };
  const onEnded = (): void => settle(null);
  /** Ends the check. `error` is `null` if the whole answer has arrived. */
  const judge = (error: string | null): void => {
    if (settled) return;
    const { status } = response;
    const unmet = error === null ? unmetBy(settings.expect, response, patterns) : null;
    settle({
      at,
      passed: error === null && unmet === null,
      durationMs: Math.round((performance.now() - began) * 10) / 10,
      ...(status === null ? {} : { status }),
      ...(error === null ? {} : { error: error.slice(0, WORDS_LIMIT) }),
      ...(unmet === null ? {} : { unmet: unmet.slice(0, WORDS_LIMIT) }),
      ...name.facts(),
    });
  };
  const within = (): string => (response.status === null ? '' : ' within the response');
  const timer = checkTimer(settings.timeoutMs, () =>
    judge(`timeout after ${settings.timeoutMs} ms${within()}`),
  );
  ended.addEventListener('abort', onEnded);
  socket.on('connect', () => name.connected(socket));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (isOwnFault(error.code ?? '')) settle(null);
    else judge(describe(error, response.status !== null));
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      if (response.take(chunk)) judge(null);
    } catch (error) {
      judge(error instanceof MalformedAnswer ? error.message : String(error));
    }
  });
  const over = (): void => judge(response.end() ? null : closed(response.status !== null));
  socket.on('end', over);
  socket.on('close', over);
  socket.write(requestTo(address, settings), 'latin1');
  return promise;
}

function connect(
  address: BackendAddress,
  settings: HealthCheckSettings,
  lookup: net.LookupFunction,
): net.Socket {
  const { protocol, host } = address;
  const port = portOf(address, settings);
  if (protocol === 'http') return net.connect({ host, port, lookup, noDelay: true });
  return tls.connect({ host, port, lookup, ...tlsNameOf(address, settings), ALPNProtocols: ['http/1.1'] });
}

function systemLookup(...args: Parameters<net.LookupFunction>): void {
  dns.lookup(...args);
}

/**
 * What one check learns about the host name of its backend: the addresses that the name stands for, and the one that
 * was used. It learns nothing if the backend is given by its address.
 */
class CheckedName {
  resolved: readonly string[] = [];
  #wentTo: string | undefined;

  connected({ remoteAddress }: net.Socket): void {
    this.#wentTo = remoteAddress;
  }

  /** The address that the check connected to; if it did not connect, the first of those found. */
  facts(): Pick<CheckResult, 'address' | 'resolved'> {
    const { resolved } = this;
    const [first] = resolved;
    return first === undefined ? {} : { address: this.#wentTo ?? first, resolved };
  }
}

function closed(answering: boolean): string {
  return answering ? 'connection closed within the response' : 'connection closed before the response';
}

/** The failure, for operators. */
function describe(error: NodeJS.ErrnoException, answering: boolean): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return closed(answering);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `host not found (${error.code})`;
    case undefined:
    default:
      return error.code === undefined ? error.message : `${error.code}: ${error.message}`;
  }
}
