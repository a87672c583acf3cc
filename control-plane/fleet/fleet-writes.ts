/**
 * Writes that a host posts to the leader, and the leader's answers, as text and back. Either side reads the other's as untrusted.
 */
import { ADMIN_STATES } from '#shared/backend-state.js';
import {
  backendChanges,
  backendName,
  count,
  poolName,
  storedBackend,
  storedDocument,
  storedPoolSettings,
} from '#shared/shape-settings.js';
import { list, nullable, object, oneOf, type Shape, tagged, type TypeOf } from '#shared/shape.js';
import { actor } from '../domain/actor.js';
import type { CommandDraft } from '../domain/commands.js';
import { REJECTION_CODES } from '../domain/decision.js';
import { BACKEND_SETTINGS, type DriftPlace, POOL_SETTINGS } from '../domain/drift-place.js';
import { MAX_STORED_LIST, words } from '../domain/stored-shapes.js';
import type { Readable } from './fleet-codec.js';
import { readText } from './read-text.js';

/** Longest write, in UTF-16 units: a configuration of some thousand backends. */
export const MAX_WRITE_LENGTH = 1024 * 1024;

const expectedVersion = nullable(count);
const ofBackend = { pool: poolName, backend: backendName, expectedVersion };

const driftPlace = object(
  { pool: poolName, setting: oneOf('backend', ...POOL_SETTINGS, ...BACKEND_SETTINGS) },
  { backend: backendName },
);

const allPlaces: Shape<'all' | readonly DriftPlace[]> = {
  problem: (value, path) => (value === 'all' ? null : list(driftPlace, MAX_STORED_LIST).problem(value, path)),
};

/** What another host may ask a leader to decide. */
const WRITES = {
  ApplyConfig: object({ actor, file: words, sha256: words, document: storedDocument }),
  AddBackend: object({ actor, pool: poolName, backend: storedBackend, expectedVersion }),
  RemoveBackend: object({ actor, ...ofBackend }),
  ChangeBackend: object({ actor, ...ofBackend }, { changes: backendChanges, admin: oneOf(...ADMIN_STATES) }),
  ChangePool: object({ actor, pool: poolName, settings: storedPoolSettings, expectedVersion }),
  FlushSessions: object({ actor, pool: poolName }),
  ResetConfig: object({ actor, places: allPlaces, expectedVersion }),
};

const write = tagged('type', WRITES);

/** A write by an operator or a file, which the fleet's leader decides. */
export type FleetWrite = TypeOf<typeof write>;

/** Whether the leader of the fleet decides it. All else a host decides for itself. */
export function isForTheFleet(draft: CommandDraft): draft is FleetWrite & CommandDraft {
  return Object.hasOwn(WRITES, draft.type);
}

/** `null`: it is longer than a store takes. */
export function writeText(draft: CommandDraft): string | null {
  const text = JSON.stringify(draft);
  return text.length > MAX_WRITE_LENGTH ? null : text;
}

export function readWrite(text: string): Readable<FleetWrite> {
  return readText(write, text, { name: 'write', maxLength: MAX_WRITE_LENGTH });
}

const answer = tagged('kind', {
  /** In force once a host has followed to `seq`. `events`: how many it led to. */
  accepted: object({ epoch: count, seq: count, events: count }),
  rejected: object({ code: oneOf(...REJECTION_CODES), message: words }),
  /** It came too late: it was not carried out, and will not be. */
  expired: object({}),
  /** It was addressed to a leader of an earlier term: it was not carried out, and may be posted again. */
  moved: object({}),
});

export type WriteAnswer = TypeOf<typeof answer>;

export function answerText(given: WriteAnswer): string {
  return JSON.stringify(given);
}

export function readAnswer(text: string): Readable<WriteAnswer> {
  return readText(answer, text, { name: 'answer', maxLength: MAX_WRITE_LENGTH });
}
