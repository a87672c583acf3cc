/** What the access list of a Redis forbids a fleet, in one sentence that says what to do. */
import type { RedisAnswer } from '#shared/platform/redis-answer.js';
import type { RedisConnection } from '#shared/platform/redis-connection.js';
import { PROBE } from './scripts.js';

/** A connection, and the names of keys in it. */
export interface Probed {
  readonly control: Pick<RedisConnection, 'call'>;
  keyOf(name: string): string;
}

/** Tries all commands of the scripts. What comes back is for `firstForbidden`. */
export function tryCommands(probed: Probed): Promise<RedisAnswer> {
  return PROBE.run(probed.control, [probed.keyOf('probe')], [probed.keyOf('bell')]);
}

/** The first of the commands that the access list forbids, in a sentence; `null`: none. */
export function firstForbidden(tried: unknown): string | null {
  const [first] = Array.isArray(tried) ? (tried as unknown[]) : [];
  if (typeof first !== 'string') return null;
  const [command = '', ...reason] = first.split(': ');
  return forbidden(reason.join(': '), command) ?? refusesUser(reason.join(': '));
}

/** `null`: the server's words are about something else, or name no command. */
export function forbidden(reason: string, tried?: string): string | null {
  const command = tried ?? /(?:run the|run) '([a-z|]+)'/i.exec(reason)?.[1];
  if (command === undefined || !isAboutRights(reason)) return null;
  return `its access list forbids the command ${command.toUpperCase()}; allow it for this user (README lists all)`;
}

export function refusesUser(reason: string): string {
  return `it refuses this user: ${reason}`;
}

/** Before Redis 7.2, an error within a script does not name the command. */
export function isAboutRights(reason: string): boolean {
  return /permission|can't run/.test(reason);
}
