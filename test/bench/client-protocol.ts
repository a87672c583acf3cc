/** What the bench and its load generator say to each other over IPC. One command at a time, one answer each. */
import type { Mode } from './scenarios.js';

export interface OpenCommand {
  readonly command: 'open';
  readonly port: number;
  readonly mode: Mode;
  readonly tls: boolean;
  readonly connections: number;
  /** Up to but without the empty line. */
  readonly head: string;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Send back the cookies of a connection's first answer. */
  readonly cookies: boolean;
}

export interface RunCommand {
  readonly command: 'run';
  readonly requests: number;
}

export interface CloseCommand {
  readonly command: 'close';
}

export type ClientCommand = OpenCommand | RunCommand | CloseCommand;

export interface ClientAnswer {
  /** Requests answered well by this command. */
  readonly answered: number;
  /** What went wrong, the first few. A measurement with any is void. */
  readonly errors: readonly string[];
  readonly wallMs: number;
}
