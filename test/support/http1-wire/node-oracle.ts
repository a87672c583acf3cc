/**
 * What node:http's own parser (llhttp, with no leniency) makes of the same bytes. It is reached through `_http_common`, as
 * http.Server does: sockets would test the same parser a hundred times slower.
 */
import { createRequire } from 'node:module';

interface ParseError {
  readonly code: string;
}

interface RawParser {
  initialize(type: number, resource: object, maxHeaderSize: number, lenient: number): void;
  execute(bytes: Buffer): number | ParseError;
  finish(): ParseError | undefined;
  close(): void;
  [callback: number]: (...values: never[]) => number | void;
}

interface RawParserType {
  new (): RawParser;
  readonly REQUEST: number;
  readonly RESPONSE: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
  readonly kLenientNone: number;
}

const common = createRequire(import.meta.url)('_http_common') as {
  readonly HTTPParser: RawParserType;
  readonly methods: readonly string[];
};
const { HTTPParser, methods } = common;

const HEADER_BYTES = 65_536;

export interface OracleMessage {
  readonly start: string;
  readonly fields: string[];
  contentBytes: number;
  whole: boolean;
  /** Node takes what follows for another protocol. */
  readonly upgrade: boolean;
}

export interface OracleTranscript {
  readonly messages: readonly OracleMessage[];
  /** Code of the error, or `null`. */
  readonly error: string | null;
}

export interface OracleOptions {
  readonly side: 'request' | 'response';
  /** Response: of the request that it answers. */
  readonly method?: string;
  readonly ends?: boolean;
}

export function askNode(stream: string, options: OracleOptions): OracleTranscript {
  const messages: OracleMessage[] = [];
  const parser = new HTTPParser();
  const isRequest = options.side === 'request';
  parser.initialize(
    isRequest ? HTTPParser.REQUEST : HTTPParser.RESPONSE,
    {},
    HEADER_BYTES,
    HTTPParser.kLenientNone,
  );
  let early: string[] = [];
  let url = '';
  parser[HTTPParser.kOnHeaders] = (fields: readonly string[], part: string) => {
    const last = messages.at(-1);
    // The same callback brings trailers: these are not compared.
    if (last === undefined || last.whole) {
      early.push(...fields);
      url += part;
    }
  };
  parser[HTTPParser.kOnHeadersComplete] = (...values: unknown[]) => {
    const [, , fields, method, target, status, , upgrade] = values as [
      number,
      number,
      string[]?,
      number?,
      string?,
      number?,
      string?,
      boolean?,
    ];
    const start = isRequest ? `${methods[Number(method)]} ${url}${target ?? ''}` : String(status);
    messages.push({
      start,
      fields: [...early, ...(fields ?? [])],
      contentBytes: 0,
      whole: false,
      upgrade: upgrade === true,
    });
    early = [];
    url = '';
    const interim = Number(status) < 200;
    return !isRequest && !interim && options.method === 'HEAD' ? 1 : 0;
  };
  parser[HTTPParser.kOnBody] = (part: Buffer) => {
    const last = messages.at(-1);
    if (last !== undefined) last.contentBytes += part.length;
  };
  parser[HTTPParser.kOnMessageComplete] = () => {
    const last = messages.at(-1);
    if (last !== undefined) last.whole = true;
  };
  const result = parser.execute(Buffer.from(stream, 'latin1'));
  // Not instanceof: under jest the parser's Error is that of another realm.
  const failure = typeof result !== 'number' ? result : options.ends === true ? parser.finish() : undefined;
  parser.close();
  const error = failure?.code ?? null;
  return { messages, error };
}
