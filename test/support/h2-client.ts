/** A well-behaved client of HTTP/2: one connection, requests on it, answers as they came. */
import * as http2 from 'node:http2';
import { waitUntil } from './wait-until.js';

export interface H2Answer {
  readonly stream: http2.ClientHttp2Stream;
  status(): number | undefined;
  fields(): http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader;
  trailers(): http2.IncomingHttpHeaders;
  /** Heads of interim responses. */
  readonly interim: readonly http2.IncomingHttpHeaders[];
  body(): string;
  /** Waits for the head. */
  head(): Promise<number>;
  /** Waits for the clean end of the answer; fails when the stream was reset. */
  whole(): Promise<string>;
  /** Waits for a reset, and answers its code. */
  resetCode(): Promise<number>;
}

export interface H2Client {
  readonly session: http2.ClientHttp2Session;
  request(fields?: http2.OutgoingHttpHeaders, body?: string | null): H2Answer;
  /** Like `request`, and the body is written by the test. */
  open(fields: http2.OutgoingHttpHeaders): H2Answer;
  /** Waits for GOAWAY and answers its code. */
  goaway(): Promise<number>;
  closed(): Promise<void>;
  close(): void;
}

export async function connectH2(
  port: number,
  options: http2.SecureClientSessionOptions = {},
): Promise<H2Client> {
  const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, ...options });
  let goaway: number | null = null;
  session.on('error', () => undefined);
  session.on('goaway', (code) => {
    goaway = code;
  });
  await waitUntil('the connection', () => !session.connecting || session.destroyed);
  const open = (fields: http2.OutgoingHttpHeaders, endStream: boolean): H2Answer =>
    follow(session.request({ ':authority': 'a.test', ...fields }, { endStream }));
  return {
    session,
    request: (fields = {}, body = null) => {
      const answer = open(fields, body === null);
      if (body !== null) answer.stream.end(body);
      return answer;
    },
    open: (fields) => open(fields, false),
    goaway: async () => {
      await waitUntil('GOAWAY', () => goaway !== null);
      return goaway ?? -1;
    },
    closed: async () => {
      await waitUntil('the end of the session', () => session.destroyed);
    },
    close: () => session.destroy(),
  };
}

function follow(stream: http2.ClientHttp2Stream): H2Answer {
  let fields: (http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader) | null = null;
  let trailers: http2.IncomingHttpHeaders = {};
  const interim: http2.IncomingHttpHeaders[] = [];
  const chunks: Buffer[] = [];
  let ended = false;
  stream.on('error', () => undefined);
  stream.on('headers', (head) => interim.push(head));
  stream.on('response', (head) => {
    fields = head;
  });
  stream.on('trailers', (head) => {
    trailers = head;
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => {
    ended = true;
  });
  const body = (): string => Buffer.concat(chunks).toString('latin1');
  return {
    stream,
    status: () => fields?.[':status'],
    fields: () => fields ?? {},
    trailers: () => trailers,
    interim,
    body,
    head: async () => {
      await waitUntil('the head', () => fields !== null);
      return fields?.[':status'] ?? 0;
    },
    whole: async () => {
      await waitUntil(`the end, after ${body()}`, () => stream.closed && (ended || stream.rstCode !== 0));
      if (stream.rstCode !== 0 || fields === null) throw new Error(`reset with code ${stream.rstCode}`);
      return body();
    },
    resetCode: async () => {
      await waitUntil('the reset', () => stream.closed);
      return stream.rstCode;
    },
  };
}
