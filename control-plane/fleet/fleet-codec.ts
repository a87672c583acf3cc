/**
 * What hosts write into their store as text, and back. A host reads it as untrusted: shape, size and sense are checked here,
 * and what cannot be read is a value with a sentence, never an exception.
 */
import { createHash } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { messageOf } from '#shared/error-text.js';
import { type TidegateEvent } from '../domain/events.js';
import { completedFleet, type FleetState, fleetState } from '../domain/fleet-state.js';
import { isShared } from '../domain/follow-fleet.js';
import { upcast } from '../domain/upcast.js';
import { canonicalJson, decodeEvent, encodeEvent } from '../event-log/codec.js';
import type { LogEntry, StoredSnapshot } from './fleet-store.js';
import { decodeShape } from '#shared/shape.js';

/** Level of the formats that this release writes and reads. */
export const FLEET_LEVEL = 1;
/** A state of 10,000 backends is some 4 MB. */
const MAX_STATE_BYTES = 64 * 1024 * 1024;

export type Readable<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export function eventTexts(events: readonly TidegateEvent[]): readonly string[] {
  return events.map(encodeEvent);
}

/** These events as the log has them. */
export function logEntries(events: readonly TidegateEvent[]): readonly LogEntry[] {
  return events.map((event) => ({
    position: { epoch: event.epoch, seq: event.seq },
    text: encodeEvent(event),
  }));
}

/** The events of these entries, each of which says itself where it stands. */
export function readEvents(entries: readonly LogEntry[]): Readable<readonly TidegateEvent[]> {
  const events: TidegateEvent[] = [];
  for (const { position, text } of entries) {
    const place = `event ${position.seq} of the fleet's log`;
    try {
      const event = decodeEvent(text, upcast);
      if (event.seq !== position.seq || event.epoch !== position.epoch) {
        return unreadable(`${place} says that it is event ${event.seq}`);
      }
      if (!isShared(event.type)) {
        return unreadable(`${place} is of type ${event.type}, which no leader writes`);
      }
      events.push(event);
    } catch (error) {
      return unreadable(`${place}: ${messageOf(error)}`);
    }
  }
  return { ok: true, value: events };
}

export function snapshotOf(fleet: FleetState): StoredSnapshot {
  const { epoch, seq } = fleet.standing;
  const text = canonicalJson(fleet);
  const body = deflateSync(text).toString('base64');
  return { position: { epoch, seq }, level: FLEET_LEVEL, sha256: digest(body), body };
}

export function readSnapshot(snapshot: StoredSnapshot): Readable<FleetState> {
  const { position, level, sha256, body } = snapshot;
  if (level > FLEET_LEVEL) {
    return unreadable(`the fleet's snapshot is of level ${level}, this release reads ${FLEET_LEVEL}`);
  }
  if (digest(body) !== sha256) return unreadable("the fleet's snapshot is damaged: its checksum differs");
  let parsed: unknown;
  try {
    parsed = JSON.parse(
      inflateSync(Buffer.from(body, 'base64'), { maxOutputLength: MAX_STATE_BYTES }).toString(),
    );
  } catch (error) {
    return unreadable(`the fleet's snapshot cannot be read: ${messageOf(error)}`);
  }
  const decoded = decodeShape(fleetState, parsed, 'snapshot');
  if (!decoded.ok) return unreadable(`the fleet's snapshot cannot be read: ${decoded.problem}`);
  const { standing } = decoded.value;
  if (standing.epoch !== position.epoch || standing.seq !== position.seq) {
    return unreadable("the fleet's snapshot says that it is of another position");
  }
  return { ok: true, value: completedFleet(decoded.value) };
}

function digest(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

function unreadable(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
