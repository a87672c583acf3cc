/**
 * Streams of events for `/events?follow=true`. Each follower reads the event log from its own position, and reads on
 * whenever something was appended. Old and new events come from one source in one order, so there is neither a gap nor
 * a duplicate, and a slow follower costs no memory. A follower that does not read for too long is cut off.
 */
import type { ServerResponse } from 'node:http';
import type { Logger, TimerHandle, Timers } from '#shared/ports.js';
import { type EventText, HistoryBusy } from '../hindsight/history.js';
import type { ControlPort } from '../control-port.js';
import { eventId, type ResumePoint } from './event-id.js';
import type { EventFilter } from './event-query.js';

export interface FollowerLimits {
  /** Most streams at once. */
  readonly count: number;
  /** How often a comment is sent, in milliseconds, so that both sides notice a dead connection. */
  readonly heartbeatMs: number;
  /** A follower that reads nothing for this long, in milliseconds, is cut off. */
  readonly stallMs: number;
}

export const FOLLOWER_LIMITS: FollowerLimits = { count: 32, heartbeatMs: 15_000, stallMs: 10_000 };

/** Events read at once. */
const PAGE_EVENTS = 50;
/** Wait before the next attempt to read, in milliseconds, after too many questions about history were waiting. */
const BUSY_PAUSE_MS = 1_000;
/** Time in which a slow follower can read the last message, in milliseconds, before its connection is destroyed. */
const FAREWELL_MS = 1_000;
/** How long an EventSource waits before it connects again, in milliseconds: the `retry` field of the stream. */
const RECONNECT_MS = 1_000;

interface FollowRequest {
  readonly filter: EventFilter;
  /** The last event that the client has; `null`: it wants only new events. */
  readonly from: ResumePoint | null;
}

/** Why a client cannot go on where it was, unless events are only no longer kept. */
type OtherLog = 'other-host' | 'other-history';

type EndReason = 'slow' | 'shutdown' | 'log_unreadable';

export class Followers {
  readonly #port: ControlPort;
  readonly #timers: Timers;
  readonly #logger: Logger;
  readonly #limits: FollowerLimits;
  readonly #running = new Set<Follower>();

  constructor(
    port: ControlPort,
    deps: { readonly timers: Timers; readonly logger: Logger; readonly limits: FollowerLimits },
  ) {
    this.#port = port;
    this.#timers = deps.timers;
    this.#logger = deps.logger;
    this.#limits = deps.limits;
  }

  get full(): boolean {
    return this.#running.size >= this.#limits.count;
  }

  /** Takes over a response. Its head has already been written. */
  start(response: ServerResponse, request: FollowRequest): void {
    const follower = new Follower(this.#port, response, { timers: this.#timers, limits: this.#limits });
    this.#running.add(follower);
    follower
      .run(request)
      .catch((error: unknown) => {
        this.#logger.error({ err: error }, 'an event stream ended: the event log could not be read');
        follower.end('log_unreadable');
      })
      .finally(() => {
        this.#running.delete(follower);
        if (follower.ended === 'slow') {
          this.#logger.warn({}, 'an event stream was cut off: its client did not read');
        }
      });
  }

  /** Ends all streams. */
  close(): void {
    for (const follower of this.#running) follower.end('shutdown');
  }
}

class Follower {
  readonly #port: ControlPort;
  readonly #response: ServerResponse;
  readonly #timers: Timers;
  readonly #limits: FollowerLimits;
  /** Number of the newest event known to be in the log. */
  #head = 0;
  #wake: (() => void) | null = null;
  #ended: EndReason | 'gone' | null = null;
  #heartbeat: TimerHandle | null = null;

  constructor(
    port: ControlPort,
    response: ServerResponse,
    deps: { readonly timers: Timers; readonly limits: FollowerLimits },
  ) {
    this.#port = port;
    this.#response = response;
    this.#timers = deps.timers;
    this.#limits = deps.limits;
    const gone = (): void => {
      this.#ended ??= 'gone';
      this.#wake?.();
    };
    response.on('close', gone);
    response.on('error', gone);
    response.on('drain', () => this.#wake?.());
  }

  get ended(): EndReason | 'gone' | null {
    return this.#ended;
  }

  async run({ filter, from }: FollowRequest): Promise<void> {
    // Follows before it reads, so that no event is appended unnoticed in between.
    const unfollow = this.#port.follow((events) => {
      this.#head = events.at(-1)?.seq ?? this.#head;
      this.#wake?.();
    });
    this.#beat();
    try {
      let cursor = await this.#startingPoint(from);
      while (this.#ended === null) {
        const head = this.#head;
        const page = await this.#read(filter, cursor);
        if (page === null) {
          await this.#woken(BUSY_PAUSE_MS);
          continue;
        }
        for (const event of page) {
          const id = eventId(event, this.#fleetHost);
          if (!(await this.#send(`id: ${id}\ndata: ${event.json}\n\n`))) return;
          cursor = event.seq;
        }
        if (page.length === PAGE_EVENTS) continue;
        cursor = Math.max(cursor, head);
        if (this.#head <= cursor) await this.#woken();
      }
    } finally {
      unfollow();
      this.#heartbeat?.cancel();
    }
  }

  /** `null` if too many questions about history are waiting. */
  async #read(filter: EventFilter, after: number): Promise<readonly EventText[] | null> {
    try {
      return await this.#port.history.events({ ...filter, after, limit: PAGE_EVENTS, order: 'forward' });
    } catch (error) {
      if (error instanceof HistoryBusy) return null;
      throw error;
    }
  }

  /** Sends the reason and ends the stream. It does not wait long until the client has read it. */
  end(reason: EndReason): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    this.#response.end(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
    this.#timers.after(FAREWELL_MS, () => this.#response.destroy());
    this.#wake?.();
  }

  /**
   * The number of the event to read after. Tells the client with `gap` if events are missing that it should have had.
   */
  async #startingPoint(from: ResumePoint | null): Promise<number> {
    const { seq } = this.#port.world().state;
    this.#head = Math.max(this.#head, seq);
    await this.#send(`retry: ${RECONNECT_MS}\n\n`);
    if (from === null) return seq;
    const after = from.seq;
    const reason = await this.#otherLog(from);
    if (reason !== null || after > seq) {
      // The client knows another log: that of another host, or one that is gone with its data directory.
      await this.#tellGap({ after, next: seq + 1, ...(reason === null ? {} : { reason }) });
      return seq;
    }
    const [next] = await this.#port.log.read({ after, limit: 1, order: 'forward' });
    if (next !== undefined && next.seq > after + 1) await this.#tellGap({ after, next: next.seq });
    return after;
  }

  /** `null`: the client may know this log. */
  async #otherLog({ seq, of }: ResumePoint): Promise<OtherLog | null> {
    if (of === null) return null;
    if (of.host !== this.#port.host) return 'other-host';
    if (seq === 0) return null;
    const [last] = await this.#port.log.read({ after: seq - 1, upTo: seq, limit: 1, order: 'forward' });
    return last === undefined || last.epoch === of.epoch ? null : 'other-history';
  }

  async #tellGap(gap: {
    readonly after: number;
    readonly next: number;
    readonly reason?: OtherLog;
  }): Promise<void> {
    await this.#send(`event: gap\ndata: ${JSON.stringify(gap)}\n\n`);
  }

  /** The host that ids name; `null`: there is no fleet. */
  get #fleetHost(): string | null {
    return this.#port.fleet === null ? null : this.#port.host;
  }

  /** Writes, and waits while the client is behind. False if the stream has ended. */
  async #send(text: string): Promise<boolean> {
    if (this.#ended !== null) return false;
    if (!this.#response.write(text)) await this.#writable();
    return this.#ended === null;
  }

  async #writable(): Promise<void> {
    let late = false;
    const timer = this.#timers.after(this.#limits.stallMs, () => {
      late = true;
      this.#wake?.();
    });
    while (this.#ended === null && this.#response.writableNeedDrain) {
      if (late) this.end('slow');
      else await this.#woken();
    }
    timer.cancel();
  }

  /** Resolves when there may be something to do, at the latest after `limitMs`. */
  #woken(limitMs = Infinity): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        limit?.cancel();
        this.#wake = null;
        resolve();
      };
      const limit = limitMs === Infinity ? null : this.#timers.after(limitMs, wake);
      this.#wake = wake;
    });
  }

  #beat(): void {
    this.#heartbeat = this.#timers.after(this.#limits.heartbeatMs, () => {
      if (this.#ended !== null) return;
      // No comment while the client is behind: `#writable` watches it, and a longer queue would not help.
      if (!this.#response.writableNeedDrain) this.#response.write(': still here\n\n');
      this.#beat();
    });
  }
}
