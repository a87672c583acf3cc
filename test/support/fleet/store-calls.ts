/** Calls of a store with usual arguments, for its contract. What cannot be asked is an error. */
import { MAX_HOSTS } from '../../../control-plane/domain/fleet-standing.js';
import {
  type AppendOptions,
  type BeatOptions,
  type FleetPosition,
  type FleetStore,
  type Head,
  type RestoreOptions,
  type StoredSnapshot,
} from '../../../control-plane/fleet/fleet-store.js';

export const TTL_MS = 60_000;
export const A = { id: 'a.1', host: 'a' };
export const B = { id: 'b.1', host: 'b' };

export function fleetStoreCalls(store: () => FleetStore) {
  const acquire = (candidate = A, options: { seen?: number; step?: number } = {}) =>
    store().acquire({ ...candidate, ttlMs: TTL_MS, seen: 0, step: 1, ...options });
  /** The epoch of a lease that is had. */
  const lead = async (candidate = A, options: { seen?: number; step?: number } = {}): Promise<number> => {
    const answer = await acquire(candidate, options);
    if (answer.kind !== 'leads') throw new Error(`not leading: ${JSON.stringify(answer)}`);
    return answer.epoch;
  };
  const restore = (epoch: number, options: Partial<RestoreOptions> = {}) =>
    store().restore({
      id: A.id,
      epoch,
      head: null,
      snapshot: snapshotAt('10-0'),
      tail: [],
      command: 1,
      event: 'founded',
      ...options,
    });
  const append = (epoch: number, expectedSeq: number, options: Partial<AppendOptions> = {}) =>
    store().append({
      id: A.id,
      epoch,
      expectedSeq,
      command: 2,
      inbox: '0-0',
      notAfter: Infinity,
      events: ['one'],
      answers: [],
      ...options,
    });
  /** A fleet whose log has one event, at `11-1`, and whose leader is A. */
  const found = async (): Promise<number> => {
    const epoch = await lead();
    const answer = await restore(epoch);
    if (answer.kind !== 'ok') throw new Error(`not founded: ${JSON.stringify(answer)}`);
    return epoch;
  };
  const head = async (): Promise<Head | null> => {
    const answer = await store().head();
    if (answer.kind !== 'ok') throw new Error(answer.reason);
    return answer.value;
  };
  const log = async (from = 0, limit = 100): Promise<string> => {
    const answer = await store().read({ from, limit });
    if (answer.kind !== 'ok') throw new Error(answer.reason);
    return answer.value.map(({ position, text }) => `${position.seq}-${position.epoch} ${text}`).join(', ');
  };
  const waiting = async (after = '0-0', limit = 10): Promise<readonly string[]> => {
    const answer = await store().inbox({ after, limit });
    if (answer.kind !== 'ok') throw new Error(answer.reason);
    return answer.value.map(({ nonce }) => nonce);
  };
  let beats = 0;
  const beat = (host: string, options: Partial<BeatOptions> = {}) =>
    store().beat({
      host,
      incarnation: `${host}.1`,
      number: (beats += 1),
      beat: '{}',
      cold: null,
      freshMs: 5_000,
      maxHosts: MAX_HOSTS,
      ...options,
    });
  const hosts = async () => {
    const answer = await store().hosts();
    if (answer.kind !== 'ok') throw new Error(answer.reason);
    return answer.value;
  };
  return { acquire, lead, restore, append, found, head, log, waiting, beat, hosts };
}

/** `100-7` is event 100 in term 7. */
export function at(text: string): FleetPosition {
  const [seq = NaN, epoch = NaN] = text.split('-').map(Number);
  return { epoch, seq };
}

export function snapshotAt(position: string): StoredSnapshot {
  return { position: at(position), level: 1, sha256: `sum of ${position}`, body: `body of ${position}` };
}
