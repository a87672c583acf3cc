/** Makes one HTTP health check: a GET on a connection of its own, so that it also shows that connecting works. */
import { Agent, request } from 'undici';
import type { BackendAddress, HealthCheckSettings } from '#shared/settings.js';
import type { CheckResult } from '../domain/commands.js';

/** A check reads no more of the response body than this. */
const BODY_LIMIT_BYTES = 65_536;
const HEAD_LIMIT_BYTES = 16_384;
/** Longest text of an error that is kept as evidence. */
const ERROR_LIMIT_CHARS = 200;

/** Errors of this host that say nothing about a backend: no descriptors, no memory. */
const OWN_FAULTS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/**
 * Never rejects. `at` is the check's time of day; its duration is measured with the monotonic clock. `null`: nothing was
 * learnt, because this host was not able to check, or was told by `ended` to stop.
 */
export async function httpCheck(
  address: BackendAddress,
  settings: HealthCheckSettings,
  at: number,
  ended: AbortSignal,
): Promise<CheckResult | null> {
  const began = performance.now();
  const durationMs = (): number => Math.round((performance.now() - began) * 10) / 10;
  const agent = new Agent({
    connections: 1,
    pipelining: 0,
    connect: { timeout: settings.timeoutMs },
    maxHeaderSize: HEAD_LIMIT_BYTES,
  });
  try {
    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    const response = await request(`${address.protocol}://${host}:${address.port}${settings.path}`, {
      dispatcher: agent,
      signal: AbortSignal.any([AbortSignal.timeout(settings.timeoutMs), ended]),
      headers: { 'user-agent': 'tidegate-health-check', accept: '*/*' },
    });
    const status = response.statusCode;
    await response.body.dump({ limit: BODY_LIMIT_BYTES });
    const passed = settings.expectedStatus.some((range) => status >= range.from && status <= range.to);
    return { at, passed, durationMs: durationMs(), status };
  } catch (error) {
    if (ended.aborted || OWN_FAULTS.has(textOf(error, 'code'))) return null;
    return { at, passed: false, durationMs: durationMs(), error: describe(error, settings.timeoutMs) };
  } finally {
    await agent.destroy();
  }
}

/** The failure in an operator's words. Read by its properties: an error need not be of this realm's class. */
function describe(error: unknown, timeoutMs: number): string {
  const name = textOf(error, 'name');
  if (name === 'TimeoutError' || name === 'ConnectTimeoutError') return `timeout after ${timeoutMs} ms`;
  const code = textOf(error, 'code');
  const message = textOf(error, 'message') || String(error);
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'connection closed before the response';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `host not found (${code})`;
    default:
      return (code === '' ? message : `${code}: ${message}`).slice(0, ERROR_LIMIT_CHARS);
  }
}

function textOf(error: unknown, key: 'name' | 'code' | 'message'): string {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, key) : undefined;
  return typeof value === 'string' ? value : '';
}
