/** What a request is to its attempts. Types only: `exchange.ts` is one. */
import type { ErrorCode } from '#shared/error-code.js';
import type { ForwardingSettings } from '#shared/settings.js';
import type { AttemptMessage, Choice } from '../attempts.js';
import type { RequestAccount } from '../request-account.js';
import type { ClientPort } from './client-port.js';
import type { EngineParts } from './engine-parts.js';
import type { RequestBody } from './request-body.js';
import type { Framing } from './response-relay.js';
import type { UpgradeKind } from './wire/connection.js';

/** The request seen from the backend's side. */
export interface Errand {
  readonly parts: EngineParts;
  readonly client: ClientPort;
  readonly account: RequestAccount;
  readonly settings: ForwardingSettings;
  readonly isHttp10: boolean;
  readonly body: RequestBody | null;
  /** The client's connection goes on after this. */
  keepAlive: boolean;
  /** What Connection says to the client. */
  connectionField(): 'close' | 'keep-alive' | null;
  /** Answers by ourselves. Nothing of another answer has been sent. */
  reply(code: ErrorCode): void;
  /** The client has been handed the whole answer. */
  done(): void;
  /** The answer broke off: the client must not take it for whole. */
  broken(framing: Framing): void;
  /** A bug: the client is cut, nobody else is to blame. */
  lost(error: unknown): void;
  /** Nothing more happens: counts and logs. */
  over(): void;
}

/** What is sent, the same with each attempt. */
export interface Message extends AttemptMessage {
  readonly head: string;
  readonly hasHost: boolean;
  readonly upgrade: UpgradeKind;
  /** The protocol asked for in place of HTTP, or `null`. */
  readonly protocol: string | null;
  /** The client waits for 100 before it sends its body. */
  readonly awaitsContinue: boolean;
}

/** What does not change during an attempt. */
export interface AttemptFacts {
  readonly errand: Errand;
  readonly message: Message;
  readonly choice: Choice;
}
