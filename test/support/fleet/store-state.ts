/** What the store of a fleet holds, as plain values that are replaced whole: a copy of it costs nothing. */
import type {
  AnswerEntry,
  FleetPosition,
  Head,
  InboxEntry,
  LogEntry,
  StoredSnapshot,
} from '../../../control-plane/fleet/fleet-store.js';

interface StoredLease {
  readonly id: string;
  readonly host: string;
  readonly epoch: number;
  /** By the store's clock. */
  readonly until: number;
}

interface StoredHost {
  readonly heardAt: number;
  readonly incarnation: string;
  /** Of its last beat. */
  readonly number: number;
  readonly beat: string;
  readonly cold: string;
}

/** A stream of Redis: it remembers the highest id that it ever gave. */
export interface Stream<T> {
  readonly entries: readonly (T & { readonly id: string })[];
  readonly lastId: string;
}

export interface StoreState {
  readonly lease: StoredLease | null;
  readonly head: Head | null;
  readonly log: readonly LogEntry[];
  readonly snapshot: StoredSnapshot | null;
  readonly hosts: ReadonlyMap<string, StoredHost>;
  /** Processes that left, the last one last. */
  readonly left: readonly string[];
  readonly inbox: Stream<Omit<InboxEntry, 'id'>>;
  readonly answers: Stream<AnswerEntry>;
  readonly secret: string | null;
}

const NO_ID = '0-0';

export const EMPTY_STREAM = { entries: [], lastId: NO_ID } as const;

export const EMPTY_STORE: StoreState = {
  lease: null,
  head: null,
  log: [],
  snapshot: null,
  hosts: new Map(),
  left: [],
  inbox: EMPTY_STREAM,
  answers: EMPTY_STREAM,
  secret: null,
};

export function samePosition(a: FleetPosition, b: FleetPosition): boolean {
  return a.epoch === b.epoch && a.seq === b.seq;
}

/** As the stream of the log orders its entries. */
export function isAfter(a: FleetPosition, b: FleetPosition): boolean {
  return a.seq > b.seq || (a.seq === b.seq && a.epoch > b.epoch);
}

/** As streams of Redis order them: by time, then by number. */
export function compareIds(a: string, b: string): number {
  const [one, two] = [parseId(a), parseId(b)];
  return one.ms - two.ms || one.n - two.n;
}

/** With one more entry, of which Redis gives the id: never one that is not above all before. */
export function added<T>(stream: Stream<T>, entry: T, now: number): Stream<T> {
  const last = parseId(stream.lastId);
  const id = now > last.ms ? `${now}-0` : `${last.ms}-${last.n + 1}`;
  return { entries: [...stream.entries, { ...entry, id }], lastId: id };
}

export function entriesAfter<T>(
  { entries }: Stream<T>,
  after: string,
  limit: number,
): readonly (T & { readonly id: string })[] {
  return entries.filter(({ id }) => compareIds(id, after) > 0).slice(0, limit);
}

function parseId(id: string): { readonly ms: number; readonly n: number } {
  const [ms = 0, n = 0] = id.split('-').map(Number);
  return { ms, n };
}
