/**
 * Turns a write into a command and its decision into an answer. This includes the version that the write names
 * (optimistic concurrency: if two people change a pool at once, the second learns of the first), the actor, and all
 * refusals.
 */
import type { FastifyRequest } from 'fastify';
import { poolId } from '#shared/ids.js';
import type { Actor } from '../domain/actor.js';
import type { CommandBody } from '../domain/commands.js';
import type { Rejection } from '../domain/decision.js';
import type { DriftPlace } from '../domain/drift-place.js';
import { configVersion } from '../domain/reset-config.js';
import type { PoolState } from '../domain/state.js';
import type { ControlPort, NotDecided } from '../control-port.js';
import type { Problem } from './problem.js';

/** Header with the name of the person behind a request, for the event log. It is not verified. */
const ACTOR_HEADER = 'x-tidegate-actor';
const MAX_ACTOR_LENGTH = 64;
/** For a full mailbox, in seconds. It empties within milliseconds unless the disk is in trouble. */
const BUSY_RETRY_SECONDS = 1;
/** In seconds. A fleet without a leader usually has one again within that time. */
const READ_ONLY_RETRY_SECONDS = 5;

type Precondition =
  | { readonly kind: 'ok'; readonly expectedVersion: number | null }
  | { readonly kind: 'problem'; readonly problem: Problem };

type WriteResult =
  /** `pool` is the pool after the write. */
  | { readonly kind: 'done'; readonly pool: PoolState }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** Something with a version that writes have to name. */
interface Versioned {
  readonly version: number;
}

export function etagOf({ version }: Versioned): string {
  return `"${version}"`;
}

export function findPool(port: ControlPort, name: string): PoolState | null {
  return port.world().state.pools.get(poolId(name)) ?? null;
}

export function unknownPool(name: string): Problem {
  return { type: 'unknown_pool', detail: `There is no pool ${name}.` };
}

export function unknownBackend(pool: string, id: string): Problem {
  return { type: 'unknown_backend', detail: `There is no backend ${id} in pool ${pool}.` };
}

function conflict(current: number, what: Written): Problem {
  return {
    type: 'version_conflict',
    detail: `The ${what} has changed meanwhile: its version is ${current}. Read it again and repeat the change if it is still wanted.`,
    currentVersion: current,
  };
}

const ENTITY_TAG = '(?:W/)?"[!#-~\\x80-\\xff]*"';
const ENTITY_TAGS = new RegExp(ENTITY_TAG, 'g');
const IF_MATCH_LIST = new RegExp(`^${ENTITY_TAG}(?:[ \\t]*,[ \\t]*${ENTITY_TAG})*$`);

/** The thing that a write changes. */
type Written = 'pool' | 'configuration';

/** Reads `If-Match` (RFC 9110 §13.1.1). `expectedVersion` is `null` for `*`. Weak tags never match. */
export function precondition(
  field: string | undefined,
  target: Versioned,
  what: Written = 'pool',
): Precondition {
  if (field === undefined || field.trim() === '') {
    const detail = `Send If-Match with the version of the ${what} that the change is meant for (now ${etagOf(target)}), or * for whatever is there.`;
    return { kind: 'problem', problem: { type: 'precondition_required', detail } };
  }
  if (field.trim() === '*') return { kind: 'ok', expectedVersion: null };
  if (!IF_MATCH_LIST.test(field.trim())) {
    const detail = `If-Match must be a version in quotes, such as ${etagOf(target)}, or *.`;
    return { kind: 'problem', problem: { type: 'invalid_precondition', detail } };
  }
  // Not split at commas, because a tag may contain some.
  const tags: readonly string[] = field.match(ENTITY_TAGS) ?? [];
  return tags.includes(etagOf(target))
    ? { kind: 'ok', expectedVersion: target.version }
    : { kind: 'problem', problem: conflict(target.version, what) };
}

export function actorOf(request: FastifyRequest): Actor {
  const sent = request.headers[ACTOR_HEADER];
  const name =
    typeof sent === 'string'
      ? sent
          .replace(/[^ -~]/g, '?')
          .slice(0, MAX_ACTOR_LENGTH)
          .trim()
      : '';
  return { kind: 'api', name: name === '' ? request.ip : `${name} (${request.ip})` };
}

/** Submits a write to a pool. */
export async function submitWrite(
  port: ControlPort,
  request: FastifyRequest,
  body: Extract<
    CommandBody,
    { readonly type: 'AddBackend' | 'RemoveBackend' | 'ChangeBackend' | 'ChangePool' | 'FlushSessions' }
  >,
): Promise<WriteResult> {
  const outcome = await port.submit({ ...body, actor: actorOf(request) });
  const pool = findPool(port, body.pool);
  if (outcome.kind === 'rejected') return { kind: 'problem', problem: rejected(outcome.rejection, pool) };
  if (outcome.kind !== 'accepted') return { kind: 'problem', problem: notDecided(outcome) };
  return pool === null ? { kind: 'problem', problem: unknownPool(body.pool) } : { kind: 'done', pool };
}

/** The problem of a write that was not decided, or of which nobody knows whether it was. */
export function notDecided(outcome: NotDecided): Problem {
  switch (outcome.kind) {
    case 'mailbox-full':
      return busy();
    case 'read-only':
      return readOnly(outcome.reason);
    case 'unknown':
      return {
        type: 'control_plane_unavailable',
        detail:
          outcome.nonce === null
            ? 'Whether the change was made is not known: this host ceased to lead meanwhile. Read the pool to see.'
            : `Whether the change was made is not known: the leader of the fleet did not answer, or this host cannot follow its log. GET /api/v1/writes/${outcome.nonce} tells later.`,
        outcome: 'unknown',
        ...(outcome.nonce === null ? {} : { nonce: outcome.nonce }),
      };
  }
}

function readOnly(reason: string): Problem {
  return {
    type: 'control_plane_read_only',
    detail: `The fleet cannot be changed from this host now: ${reason}. Nothing was changed; traffic goes on.`,
    retryAfterSeconds: READ_ONLY_RETRY_SECONDS,
  };
}

function busy(): Problem {
  return {
    type: 'busy',
    detail: 'The control loop has more to do than it can take. Nothing was changed; try again.',
    retryAfterSeconds: BUSY_RETRY_SECONDS,
  };
}

/** Goes back to what the file says, at some places or at all. Resolves with the problem, `null` if there is none. */
export async function submitReset(
  port: ControlPort,
  request: FastifyRequest,
  reset: { readonly places: readonly DriftPlace[] | 'all'; readonly expectedVersion: number | null },
): Promise<Problem | null> {
  const outcome = await port.submit({ type: 'ResetConfig', ...reset, actor: actorOf(request) });
  if (outcome.kind === 'accepted') return null;
  if (outcome.kind !== 'rejected') return notDecided(outcome);
  const { rejection } = outcome;
  return rejection.code === 'version_conflict'
    ? conflict(configVersion(port.world().state), 'configuration')
    : rejected(rejection, null);
}

function rejected({ code, message }: Rejection, pool: PoolState | null): Problem {
  switch (code) {
    case 'version_conflict':
      return pool === null ? { type: code, detail: message } : conflict(pool.version, 'pool');
    case 'unknown_pool':
    case 'unknown_backend':
    case 'duplicate_backend':
      return { type: code, detail: message };
    case 'invalid':
      return { type: 'refused', detail: message };
  }
}
