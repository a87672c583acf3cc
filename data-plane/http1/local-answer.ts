/** The answers that Tidegate gives itself, as bytes. */
import { STATUS_CODES } from 'node:http';
import type { ErrorCode } from '#shared/error-code.js';
import type { MetricsPage } from '../forwarder.js';
import { localReply } from '../routing/local-reply.js';

export interface AnswerFacts {
  readonly connection: 'close' | 'keep-alive' | null;
  /** HEAD: no body. */
  readonly headOnly: boolean;
}

/** As latin1, which for these is ASCII. */
export function localAnswer(code: ErrorCode, { connection, headOnly }: AnswerFacts): string {
  const { status, headers, body } = localReply(code);
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i] ?? ''}: ${headers[i + 1] ?? ''}\r\n`;
  if (connection !== null) text += `Connection: ${connection}\r\n`;
  return headOnly ? `${text}\r\n` : `${text}\r\n${body}`;
}

/** The metrics of all workers, which the primary has. */
export function metricsAnswer(page: MetricsPage, { connection, headOnly }: AnswerFacts): Buffer {
  const body = Buffer.from(page.body);
  let text = `HTTP/1.1 200 OK\r\nContent-Type: ${page.contentType}\r\nContent-Length: ${body.length}\r\nCache-Control: no-store\r\n`;
  if (connection !== null) text += `Connection: ${connection}\r\n`;
  const head = Buffer.from(`${text}\r\n`, 'latin1');
  return headOnly ? head : Buffer.concat([head, body]);
}
