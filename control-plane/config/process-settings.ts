/** The part of the configuration that is fixed while a primary lives, in its normal form. */

export interface TlsFiles {
  /** Absolute paths. */
  readonly certFile: string;
  readonly keyFile: string;
}

export type AcceptMode = 'auto' | 'reuse-port' | 'shared' | 'round-robin';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

export interface ProcessSettings {
  readonly listen: {
    readonly host: string;
    readonly port: number;
    readonly tls: TlsFiles | null;
    /** Offer HTTP/2. Of no effect without TLS. */
    readonly h2: boolean;
  };
  readonly admin: {
    readonly host: string;
    readonly port: number;
    /** Absolute path; `null` only on loopback. */
    readonly tokenFile: string | null;
  };
  readonly workers: number;
  readonly engine: 'native' | 'compat';
  readonly accept: AcceptMode;
  /** Absolute path. */
  readonly dataDir: string;
  readonly log: { readonly level: LogLevel; readonly format: 'auto' | 'json' | 'pretty' };
  readonly journal: {
    readonly retentionMs: number;
    readonly maxBytes: number;
    readonly keepEvents: number;
  };
}
