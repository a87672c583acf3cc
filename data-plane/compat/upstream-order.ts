/** What a request to a backend is made of, and how it may end. Types only. */
import type { Agent, ClientRequest, IncomingMessage, InformationEvent, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { ErrorCode } from '#shared/error-code.js';
import type { FailureReason } from '#shared/outcome.js';
import type { Scratch } from '../http1/scratch.js';
import type { BackendEntry } from '../routing/routing-table.js';
import type { PatienceOrder } from './upstream-patience.js';

/** The backend has agreed to another protocol. */
export interface Upgraded {
  readonly kind: 'upgraded';
  readonly response: IncomingMessage;
  readonly socket: Duplex;
  /** What came after the head. */
  readonly head: Buffer;
}

export type UpstreamEnd =
  | {
      readonly kind: 'response';
      readonly response: IncomingMessage;
      readonly upstream: ClientRequest;
      /** What may still be on its way to the backend. */
      readonly feed: Readable;
    }
  | Upgraded
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      /** An idle connection that the backend had closed meanwhile: says nothing about the backend. */
      readonly stale: boolean;
    }
  /** The client stopped sending its body. */
  | { readonly kind: 'client-timeout' }
  /** The backend switched protocols before the end of the body, which a client brings about by keeping that back. */
  | { readonly kind: 'switched-early' }
  /** This host, or this process, has too many connections. */
  | { readonly kind: 'overloaded'; readonly code: string }
  /** It was not to be brought to an end. */
  | { readonly kind: 'aborted' };

export interface UpstreamOrder extends PatienceOrder {
  readonly parts: PatienceOrder['parts'] & { readonly scratch: Scratch };
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly backend: BackendEntry;
  readonly agent: Agent;
  /** The protocol that the client asked for, if it may have another. */
  readonly upgrade: string | null;
  /** Target to send, as it is. */
  readonly target: string;
  /** Fields to send: name, value, name, value… */
  readonly fields: readonly string[];
  /** Told of each interim response. */
  onInformation(information: InformationEvent): void;
  /** The client's trailers may not go on. To be followed by `abort`. */
  onBadTrailers(code: ErrorCode): void;
}
