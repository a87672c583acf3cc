/** What it takes to start a proxy for a scenario. */
import type { Scenario } from './scenarios.js';

/** What a subject is told about the measurement. */
export interface Setup {
  readonly scenario: Scenario;
  /** `address:port` of each backend. */
  readonly backends: readonly string[];
  /** Port to listen on, on 127.0.0.1. */
  readonly port: number;
  /** A directory of its own. */
  readonly directory: string;
  readonly certificate: { readonly certFile: string; readonly keyFile: string; readonly pem: string };
  readonly root: boolean;
  /** The built checkout. */
  readonly checkout: string;
  readonly node: string;
}

export interface Launch {
  readonly files: Readonly<Record<string, string>>;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Subject {
  readonly name: string;
  /** Program that must be on PATH; null for what this checkout and its Node bring. */
  readonly program: string | null;
  /** Prints its version. */
  readonly versionArgs: readonly string[];
  /** True when the process that is started only supervises, and those it forks forward. */
  readonly forks: boolean;
  readonly takes: (scenario: Scenario) => boolean;
  /** True when it gives session cookies; one that does not is measured without. */
  readonly sticky: boolean;
  /** Why this checkout cannot run it, or null. Told the text of what builds a worker. */
  readonly lacking?: (dataPlane: string) => string | null;
  /** Also measured as the scenario's twin. */
  readonly hasTwin?: boolean;
  readonly launch: (setup: Setup) => Launch;
}
