/** What a request is to its attempts. Types only: `exchange.ts` is one. */
import type { ErrorCode } from '#shared/error-code.js';
import type { ForwardingSettings } from '#shared/settings.js';
import type { AttemptMessage } from '../attempts.js';
import type { RequestAccount } from '../request-account.js';
import type { Client } from '../routing/client-address.js';
import type { Arrival } from './arrival.js';
import type { EngineParts } from './engine-parts.js';
import type { RequestBody } from './request-body.js';

/** The request seen from the backend's side. */
export interface Errand {
  readonly parts: EngineParts;
  readonly arrival: Arrival;
  readonly account: RequestAccount;
  readonly settings: ForwardingSettings;
  readonly body: RequestBody;
  /** Answers by ourselves. Nothing of another answer has been sent. */
  reply(code: ErrorCode): void;
  /** The client has gone. */
  clientClosed(): void;
  /** What came for a body, or behind it, is none. */
  refuseBody(code: ErrorCode): void;
  /** The client has been handed the whole answer, or what there is of it. Counts and logs. */
  over(): void;
  /** An exception where none should be: the request is lost. */
  lost(error: unknown): void;
}

/** What is sent, the same with each attempt. */
export interface Message extends AttemptMessage {
  readonly client: Client;
  /** In origin form, or `*`. */
  readonly target: string;
  /** `own`: as it stands in the fields. `none` stands there. Else what takes its place, from an absolute target. */
  readonly host: { readonly kind: 'own' | 'none' } | { readonly kind: 'other'; readonly authority: string };
  /** How the end of the body is found. */
  readonly chunked: boolean;
  /** The client waits for 100 before it sends its body. */
  readonly awaitsContinue: boolean;
  /** The protocol to ask for in place of HTTP, or `null`. */
  readonly upgrade: string | null;
  /** Takes the place of the client's X-Request-ID; `null`: that one stays. */
  readonly requestId: string | null;
}
