/**
 * What hosts that act as one share, as a port: a lease, a log, a snapshot, reports of hosts, an inbox for writes. Redis keeps
 * it (`redis-fleet-store.ts`); tests have a model of it. Every call is bounded in time, answers a union, and never rejects.
 *
 * The store decides only what has to be decided at one place: who holds the lease, and whether an append goes on from where
 * the log ends. Its clock is the fleet's: all times here are milliseconds since 1970 by that clock.
 */

/** A place in the fleet's log: one number in one term. The pair names one content, in lost histories too. */
export interface FleetPosition {
  readonly epoch: number;
  /** Number of the event. Rises by 1 with each, across epochs. */
  readonly seq: number;
}

/**
 * The store could not be asked, or did not answer. What was asked for may have been done nevertheless, then or later: a
 * call of a connection that died may still be carried out after newer ones.
 */
export interface Unavailable {
  readonly kind: 'unavailable';
  /** It answered that it will not, such as for want of a right. What takes several steps may be done in part. */
  readonly isRefused?: true;
  /** One sentence for an operator. */
  readonly reason: string;
}

/** What a lease is asked for with. A process that asks again has a new `id` or the same; each success begins a new epoch. */
export interface Candidate {
  /** Unique per process. */
  readonly id: string;
  readonly host: string;
}

/** The term that a call belongs to. */
export interface Term {
  readonly id: string;
  readonly epoch: number;
}

export interface Lease extends Candidate {
  readonly epoch: number;
  /** What is left of it; 0 or less: it is over. */
  readonly leftMs: number;
}

/** Where the log ends. */
export interface Head extends FleetPosition {
  /** Id of the last command of the last append. */
  readonly command: number;
  /** Number of the first event that the log of this history has. */
  readonly first: number;
  /** The position that this history goes on from: that of the snapshot it was founded or restored with. */
  readonly base: FleetPosition;
  /** Number of the last event in the stored snapshot; 0: there is none. */
  readonly snapshot: number;
  /** Level of the formats in force. */
  readonly level: number;
}

export interface StoredSnapshot {
  readonly position: FleetPosition;
  readonly level: number;
  /** SHA-256 of `body`, in hex. */
  readonly sha256: string;
  /** Deflated JSON, base64 (`fleet-codec.ts`). */
  readonly body: string;
}

export interface LogEntry {
  readonly position: FleetPosition;
  /** One event as JSON. */
  readonly text: string;
}

export interface InboxEntry {
  readonly id: string;
  readonly nonce: string;
  /** The term that the write is addressed to. */
  readonly epoch: number;
  /** The write is void after this time. */
  readonly until: number;
  readonly text: string;
}

/** What became of a write from the inbox. */
export interface AnswerEntry {
  readonly nonce: string;
  readonly text: string;
}

export interface StoredAnswer extends AnswerEntry {
  readonly id: string;
}

export interface HostEntry {
  readonly host: string;
  /** When it was heard of last. */
  readonly heardAt: number;
  /** Names the process. */
  readonly incarnation: string;
  readonly beat: string;
  /** What is told less often; empty: nothing yet. */
  readonly cold: string;
}

export type Acquired =
  | { readonly kind: 'leads'; readonly epoch: number; readonly time: number }
  | { readonly kind: 'held'; readonly by: Lease; readonly time: number }
  | Unavailable;

/** The lease is over, or another has it. `by`: the holder, if there is one. */
export interface Fenced {
  readonly kind: 'fenced';
  readonly by: string | null;
}

/** What a leader has decided. The first append of a term has an event, so the head is always the position of the last one. */
export interface AppendOptions extends Term {
  readonly expectedSeq: number;
  /** Id of the last command of the batch: above the one of the append before, in the same epoch. */
  readonly command: number;
  /** Entries of the inbox up to this one are answered with it, and removed; `0-0`: none are. */
  readonly inbox: string;
  /** The earliest deadline of what is carried out. `Infinity`: none. */
  readonly notAfter: number;
  readonly events: readonly string[];
  readonly answers: readonly AnswerEntry[];
}

export type Appended =
  | { readonly kind: 'ok'; readonly seq: number }
  | Fenced
  /** There is no log: its history is gone. */
  | { readonly kind: 'lost' }
  /** The log does not end where the batch goes on, or has the batch already. */
  | { readonly kind: 'conflict'; readonly head: FleetPosition; readonly command: number }
  /** It is later than `notAfter`: nothing was written. */
  | { readonly kind: 'late' }
  | Unavailable;

export interface RestoreOptions extends Term {
  /** The end of the log that the leader has compared its own state with; `null`: there was no log. */
  readonly head: FleetPosition | null;
  /** Where the state of the leader stands; `seq` 0: it founds the fleet from nothing. */
  readonly snapshot: StoredSnapshot;
  /**
   * The last events up to `snapshot.position`, one after the other, as the lost log had them; at most `MAX_STORE_BATCH`. A host that
   * lacks no others follows them, so that its own log has no gap.
   */
  readonly tail: readonly LogEntry[];
  readonly command: number;
  /** The first event of the new term, at `snapshot.position.seq + 1`. */
  readonly event: string;
  /** The secret of all hosts, in the place of another; absent: what there is stays. */
  readonly secret?: string;
}

export type Restored =
  | { readonly kind: 'ok'; readonly seq: number }
  | Fenced
  /** The log ends elsewhere by now; `null`: it is gone. */
  | { readonly kind: 'present'; readonly head: FleetPosition | null }
  | Unavailable;

export type Renewed = { readonly kind: 'ok'; readonly time: number } | Fenced | Unavailable;
export type Saved = { readonly kind: 'ok' } | { readonly kind: 'stale' } | Fenced | Unavailable;
export type Done = { readonly kind: 'ok' } | Unavailable;

export interface BeatOptions {
  readonly host: string;
  readonly incarnation: string;
  /** Rises with each beat of a process, so that one that is carried out late does not take the place of a newer one. */
  readonly number: number;
  readonly beat: string;
  /** `null`: as told before. */
  readonly cold: string | null;
  /** Hosts heard of within this time are taken for alive. */
  readonly freshMs: number;
  /** A host that is not alive yet is refused while so many are: `MAX_HOSTS`, unless a test wants fewer. */
  readonly maxHosts: number;
}

export type Beaten =
  | {
      readonly kind: 'ok';
      readonly time: number;
      /** Another number than that of the beat before: the connection was made anew, so the store may be another one. */
      readonly connection: number;
      /** Number of the last beat of this process that the store had before this one; 0: none. Less than expected: it lost some. */
      readonly previous: number;
      readonly lease: Lease | null;
      readonly head: Head | null;
    }
  /** Another process lives under the name of this host. */
  | { readonly kind: 'taken'; readonly by: string }
  /** The fleet has as many live hosts as it may. */
  | { readonly kind: 'full' }
  | Unavailable;

/** The store answers, and takes no beat of this host. */
export type BeatRefusal = Extract<Beaten['kind'], 'taken' | 'full'>;

export interface PostOptions {
  readonly nonce: string;
  /** The write is void after this time from now. */
  readonly ttlMs: number;
  readonly text: string;
}

export type Posted =
  | { readonly kind: 'ok'; readonly id: string; readonly epoch: number }
  | { readonly kind: 'leaderless' }
  | { readonly kind: 'full' }
  | Unavailable;

export type Found<T> = { readonly kind: 'ok'; readonly value: T } | Unavailable;

/**
 * Says where there is something new, never what. A bell may be lost: beats tell the same within a second. `log`: events or
 * answers; `lead`: the lease was given up or taken; `inbox`: a write; `hosts`: a host came, left or told something new.
 */
export type Bell = 'log' | 'lead' | 'inbox' | 'hosts';

export interface FleetStore {
  /** Why it refuses what it is asked, in one sentence with what to do; `null`: it does not, as far as is known. */
  readonly refusal: string | null;
  /**
   * Takes the lease if it is free, over, the candidate's own, or further ahead than `ttlMs` (the store's clock went back). The
   * epoch is the highest of lease, log and `seen`, plus `step`.
   */
  acquire(candidate: Candidate & { ttlMs: number; seen: number; step: number }): Promise<Acquired>;
  /** Extends a lease that is not over. */
  renew(term: Term & { ttlMs: number }): Promise<Renewed>;
  resign(term: Term): Promise<Done>;
  append(options: AppendOptions): Promise<Appended>;
  /** Puts the leader's own state in the place of a log that is gone or ends before it. Empties the inbox. */
  restore(options: RestoreOptions): Promise<Restored>;
  /** Stores a newer snapshot, and forgets events before `keepFrom`, but none that came after the snapshot's last. */
  saveSnapshot(options: Term & { snapshot: StoredSnapshot; keepFrom: number }): Promise<Saved>;
  head(): Promise<Found<Head | null>>;
  snapshot(): Promise<Found<StoredSnapshot | null>>;
  /** Entries in order, beginning with number `from`. */
  read(options: { from: number; limit: number }): Promise<Found<readonly LogEntry[]>>;
  /** Heartbeat, and a look at lease and head. */
  beat(options: BeatOptions): Promise<Beaten>;
  /** Takes this host's report away, if it is of this process. Beats of the process that come late do nothing any more. */
  leave(host: string, incarnation: string): Promise<Done>;
  hosts(): Promise<Found<readonly HostEntry[]>>;
  /** Forgets a host that was not heard of since `heardAt`. */
  forgetHost(term: Term & { host: string; heardAt: number }): Promise<Done>;
  /** Where it is refused (`isRefused`), nothing was posted. */
  post(options: PostOptions): Promise<Posted>;
  /** Writes in order, those after entry `after` (`0-0`: all). */
  inbox(options: { after: string; limit: number }): Promise<Found<readonly InboxEntry[]>>;
  /** Answers in order, those after entry `after` (`0-0`: all that are kept). */
  answers(options: { after: string; limit: number }): Promise<Found<readonly StoredAnswer[]>>;
  /** Stores a secret unless there is one; answers the one that is in force. */
  shareSecret(secret: string): Promise<Found<string>>;
  /** Calls back for each bell, and with `null` whenever bells may have been missed. Answers the function that ends it. */
  onBell(listener: (bell: Bell | null) => void): () => void;
  close(): Promise<void>;
}

/** Before the first entry of a stream. */
export const NO_ENTRY = '0-0';
/** Most events of one append, and entries of one read. */
export const MAX_STORE_BATCH = 1_000;
/** Processes that left, as far as the store remembers them; the first of them are forgotten first. */
export const MAX_LEFT = 1_000;
/** Writes that wait in the inbox. Those beyond are refused. */
export const MAX_INBOX = 256;
/** Answers that are kept; the oldest go first. */
export const MAX_ANSWERS = 1_000;
