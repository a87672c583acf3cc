/**
 * What a worker says to its primary and asks of it. A link may be gone at any time and for ever: nothing here throws
 * or rejects, and a worker without a primary goes on with what it knows.
 */
import type {
  MetricsReply,
  PrimaryMessage,
  SessionReply,
  SessionRequest,
  WorkerMessage,
} from '#shared/message.js';

/** Messages of the primary that answer no question; replies go to the callers that asked. */
export type Announcement = Exclude<PrimaryMessage, SessionReply | MetricsReply>;

export interface ControlLink {
  /** Whether the primary is there. Never true again once it was false. */
  isOpen(): boolean;
  /** Whether a message sent now would leave at once. What can be added up waits for this instead of queueing. */
  isIdle(): boolean;
  /** Hands a message over. `false`: the link is closed, or full and this is a question; the message is lost. */
  send(message: WorkerMessage): boolean;
  /** `undefined`: no answer within `timeoutMs`, or no link. */
  askSession(request: Omit<SessionRequest, 'id'>, timeoutMs: number): Promise<SessionReply | undefined>;
  /** `undefined`: no answer within `timeoutMs`, or no link. */
  askMetrics(timeoutMs: number): Promise<MetricsReply | undefined>;
  /** Called with each announcement, in order. Set once, before `start`. */
  onAnnouncement(handler: (message: Announcement) => void): void;
  /** Called once, when the primary is gone. */
  onClosed(handler: () => void): void;
  /** Settles when everything sent has left, the link is closed, or the time is up. */
  allSent(timeoutMs: number): Promise<void>;
  /** Forgets the channel and answers all open questions. */
  close(): void;
}

/** Questions to the primary that may wait for their answers at once; further ones are answered `undefined`. */
export const MAX_OPEN_QUESTIONS = 10_000;

/** Messages handed to the channel and not yet taken by the system; at this many the link takes no more questions. */
export const MAX_UNSENT_MESSAGES = 20_000;
