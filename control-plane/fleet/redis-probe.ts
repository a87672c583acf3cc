/** Whether a Redis can be what a fleet needs: its version, what it may evict, what this user may do. Told in one sentence each. */
import type { FleetConnection } from './fleet-connection.js';
import { PROBE } from './scripts.js';

/** Scripts say that they may write while memory is full (`#!lua flags`) from this release on. */
const OLDEST_MAJOR = 7;
/** How long a start waits for a connection, and between two looks. */
const WAIT_MS = 2_000;
const LOOK_EVERY_MS = 50;

export type RedisTrouble =
  | { readonly kind: 'none' }
  /** It answers, and cannot be used. */
  | { readonly kind: 'unfit'; readonly problem: string }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** @param waits whether writes wait for replicas, which is a command of its own */
export async function readSharedRedis(connection: FleetConnection, waits: boolean): Promise<RedisTrouble> {
  for (let waitedMs = 0; !connection.control.isReady() && waitedMs < WAIT_MS; waitedMs += LOOK_EVERY_MS) {
    if (isRefusal(connection.control.trouble)) break;
    await connection.pause(LOOK_EVERY_MS);
  }
  if (!connection.control.isReady()) return notReady(connection.control.trouble);
  const info = await connection.control.call('INFO', ['everything']);
  if (!info.ok) {
    return info.code === 'NOPERM' ? unfit(forbidden(info.reason)) : notReady(info.reason);
  }
  const problem = problemOf(String(info.value));
  if (problem !== null) return unfit(problem);
  const probe = await PROBE.run(connection.control, [connection.keyOf('probe')], [connection.keyOf('bell')]);
  if (!probe.ok) return probe.kind === 'refused' ? unfit(forbidden(probe.reason)) : notReady(probe.reason);
  const waited = waits ? await connection.control.call('WAIT', [0, 1]) : null;
  if (waited?.ok === false) {
    return waited.kind === 'refused' ? unfit(forbidden(waited.reason)) : notReady(waited.reason);
  }
  const [first] = Array.isArray(probe.value) ? (probe.value as unknown[]) : [];
  if (typeof first !== 'string') return { kind: 'none' };
  const [command = '', ...reason] = first.split(': ');
  return unfit(forbidden(reason.join(': '), command));
}

/** What is wrong with a server by its own words (INFO). */
function problemOf(info: string): string | null {
  const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) {
    return `its version is ${version}; a fleet needs Redis ${OLDEST_MAJOR}.0 or later`;
  }
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? '';
  if (policy.startsWith('allkeys-')) {
    return `its maxmemory-policy is ${policy}, which may evict the log of the fleet; set noeviction, or volatile-ttl where sessions are there too`;
  }
  return null;
}

/** Wrong password, or a user that is not there: waiting does not help. */
function isRefusal(trouble: string): boolean {
  return /^(WRONGPASS|NOAUTH|NOPERM)/.test(trouble);
}

function notReady(trouble: string): RedisTrouble {
  return isRefusal(trouble) ? unfit(forbidden(trouble)) : { kind: 'unreachable', reason: trouble };
}

function unfit(problem: string): RedisTrouble {
  return { kind: 'unfit', problem };
}

function forbidden(reason: string, tried?: string): string {
  const command = tried ?? /(?:run the|run) '([a-z|]+)'/i.exec(reason)?.[1];
  if (command !== undefined && /permission|can't run/.test(reason)) {
    return `its access list forbids the command ${command.toUpperCase()}; allow it for this user (README lists all)`;
  }
  return `it refuses this user: ${reason}`;
}
