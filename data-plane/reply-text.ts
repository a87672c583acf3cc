/** Tidegate's own replies as HTTP/1.1 text, and as fields for an engine that writes them otherwise. */
import { STATUS_CODES } from 'node:http';
import type { ErrorCode } from '#shared/error-code.js';
import type { MetricsPage } from './forwarder.js';
import { localReply } from './routing/local-reply.js';

export interface ReplyOptions {
  readonly connection: 'close' | 'keep-alive' | null;
  /** Now, as `Date` says it. */
  readonly date: string;
  /** HEAD: no body. */
  readonly headOnly: boolean;
}

/** As latin1, which for these is ASCII. */
export function replyText(code: ErrorCode, { connection, date, headOnly }: ReplyOptions): string {
  const { status, headers, body } = localReply(code);
  const head = headText(status, [...headers, 'Date', date], connection);
  return headOnly ? head : head + body;
}

/** The reply with the metrics of all workers, which the primary has. */
export function metricsReplyText(page: MetricsPage, { connection, date, headOnly }: ReplyOptions): Buffer {
  const body = Buffer.from(page.body);
  const head = Buffer.from(
    headText(200, [...metricsFields(page, body.length), 'Date', date], connection),
    'latin1',
  );
  return headOnly ? head : Buffer.concat([head, body]);
}

/** Name, value, name, value… @param length of the body in bytes */
export function metricsFields({ contentType }: MetricsPage, length: number): string[] {
  return ['Content-Type', contentType, 'Content-Length', String(length), 'Cache-Control', 'no-store'];
}

function headText(status: number, fields: readonly string[], connection: ReplyOptions['connection']): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (let i = 0; i + 1 < fields.length; i += 2) text += `${fields[i] ?? ''}: ${fields[i + 1] ?? ''}\r\n`;
  return connection === null ? `${text}\r\n` : `${text}Connection: ${connection}\r\n\r\n`;
}
