/**
 * The control link over node's IPC channel. Matches replies with questions by number; limits what may wait. Does not
 * know what the messages mean, except for the two replies.
 */
import { decodePrimaryMessage } from '#shared/decode.js';
import type { MetricsReply, SessionReply, SessionRequest, WorkerMessage } from '#shared/message.js';
import type { Logger, TimerHandle, Timers } from '#shared/ports.js';
import {
  MAX_OPEN_QUESTIONS,
  MAX_UNSENT_MESSAGES,
  type Announcement,
  type ControlLink,
} from './control-link.js';

/** The part of `process` that the link needs; tests lend another. */
export interface IpcEndpoint {
  readonly connected: boolean;
  send?(
    message: WorkerMessage,
    handle: undefined,
    options: undefined,
    callback: (error: Error | null) => void,
  ): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'disconnect', listener: () => void): unknown;
}

interface Question {
  readonly kind: 'session-reply' | 'metrics-reply';
  readonly timer: TimerHandle;
  settle(reply: SessionReply | MetricsReply | undefined): void;
}

export class IpcLink implements ControlLink {
  readonly #endpoint: IpcEndpoint;
  readonly #timers: Timers;
  readonly #logger: Logger;
  readonly #questions = new Map<number, Question>();
  #announce: ((message: Announcement) => void) | null = null;
  #closedHandler: (() => void) | null = null;
  #nextId = 1;
  #unsent = 0;
  /** Callers that wait until everything has left. */
  readonly #waiting: (() => void)[] = [];
  #open: boolean;

  constructor(endpoint: IpcEndpoint, timers: Timers, logger: Logger) {
    this.#endpoint = endpoint;
    this.#timers = timers;
    this.#logger = logger;
    this.#open = endpoint.connected;
    endpoint.on('message', this.#receive);
    endpoint.on('disconnect', this.#disconnected);
  }

  isOpen(): boolean {
    return this.#open;
  }

  isIdle(): boolean {
    return this.#open && this.#unsent === 0;
  }

  send(message: WorkerMessage): boolean {
    if (!this.#open || !this.#endpoint.connected || this.#endpoint.send === undefined) return false;
    if (this.#unsent >= MAX_UNSENT_MESSAGES && isQuestion(message)) return false;
    this.#unsent += 1;
    try {
      // With a callback node reports a closed channel there and does not emit 'error'.
      this.#endpoint.send(message, undefined, undefined, (error) => {
        this.#left();
        if (error !== null && error !== undefined) {
          this.#logger.debug({ type: message.type, error: error.message }, 'message to the primary was lost');
        }
      });
      return true;
    } catch (error) {
      // The channel can close between the check and the call.
      this.#left();
      this.#logger.debug({ type: message.type, error: String(error) }, 'message to the primary was lost');
      return false;
    }
  }

  askSession(request: Omit<SessionRequest, 'id'>, timeoutMs: number): Promise<SessionReply | undefined> {
    return new Promise((resolve) => {
      this.#ask(
        'session-reply',
        timeoutMs,
        (id) => this.send({ ...request, id }),
        (reply) => {
          resolve(reply?.type === 'session-reply' ? reply : undefined);
        },
      );
    });
  }

  askMetrics(timeoutMs: number): Promise<MetricsReply | undefined> {
    return new Promise((resolve) => {
      this.#ask(
        'metrics-reply',
        timeoutMs,
        (id) => this.send({ type: 'metrics-request', id }),
        (reply) => {
          resolve(reply?.type === 'metrics-reply' ? reply : undefined);
        },
      );
    });
  }

  onAnnouncement(handler: (message: Announcement) => void): void {
    this.#announce = handler;
  }

  onClosed(handler: () => void): void {
    this.#closedHandler = handler;
    if (!this.#open) handler();
  }

  allSent(timeoutMs: number): Promise<void> {
    if (!this.isOpen() || this.isIdle()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#timers.after(timeoutMs, resolve);
      this.#waiting.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  close(): void {
    this.#endpoint.off('message', this.#receive);
    this.#endpoint.off('disconnect', this.#disconnected);
    this.#open = false;
    this.#settleAll();
    this.#releaseWaiting();
  }

  #ask(
    kind: Question['kind'],
    timeoutMs: number,
    send: (id: number) => boolean,
    settle: Question['settle'],
  ): void {
    if (this.#questions.size >= MAX_OPEN_QUESTIONS) return settle(undefined);
    const id = this.#nextId;
    this.#nextId += 1;
    if (!send(id)) return settle(undefined);
    const timer = this.#timers.after(timeoutMs, () => {
      this.#questions.delete(id);
      settle(undefined);
    });
    this.#questions.set(id, { kind, timer, settle });
  }

  readonly #receive = (raw: unknown): void => {
    const decoded = decodePrimaryMessage(raw);
    if (!decoded.ok) {
      this.#logger.warn({ problem: decoded.problem }, 'message from the primary not understood');
      return;
    }
    const { message } = decoded;
    if (message.type === 'session-reply' || message.type === 'metrics-reply') {
      const question = this.#questions.get(message.id);
      // A late answer: its caller has been told `undefined`.
      if (question === undefined || question.kind !== message.type) return;
      this.#questions.delete(message.id);
      question.timer.cancel();
      question.settle(message);
      return;
    }
    this.#announce?.(message);
  };

  readonly #disconnected = (): void => {
    if (!this.#open) return;
    this.#open = false;
    this.#settleAll();
    this.#releaseWaiting();
    this.#closedHandler?.();
  };

  #left(): void {
    this.#unsent -= 1;
    if (this.#unsent === 0) this.#releaseWaiting();
  }

  #releaseWaiting(): void {
    for (const release of this.#waiting.splice(0)) release();
  }

  #settleAll(): void {
    const waiting = [...this.#questions.values()];
    this.#questions.clear();
    for (const question of waiting) {
      question.timer.cancel();
      question.settle(undefined);
    }
  }
}

/** Clients cause any number of these messages. All others are few, and the primary depends on them: a lost ack is a lost worker. */
function isQuestion({ type }: WorkerMessage): boolean {
  return type === 'session' || type === 'metrics-request';
}
