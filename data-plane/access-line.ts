/**
 * One request as one line of the access log: JSON for programs, columns for people. Nothing that a client sent can begin
 * a new line: JSON escapes line breaks, and columns show characters that a terminal would obey as visible text.
 */
import { clockTime, paint } from '#shared/platform/pretty-line.js';
import { round3 } from '#shared/round.js';
import { visibleLine } from '#shared/visible-text.js';
import type { AccessRecord, AttemptRecord } from './access-record.js';

export type AccessFormat = 'json' | 'pretty';

/** Answers the line with its line break. `at`: milliseconds since 1970. */
type AccessLine = (record: AccessRecord, at: number) => string;

export function accessLineFor(format: AccessFormat): AccessLine {
  return format === 'pretty' ? prettyAccessLine : jsonAccessLine;
}

function jsonAccessLine(record: AccessRecord, at: number): string {
  const line = {
    level: 30,
    time: new Date(at).toISOString(),
    msg: 'request',
    request_id: record.requestId,
    client: record.client,
    method: record.method,
    version: record.version,
    host: record.host,
    target: record.target,
    pool: record.pool,
    status: record.status,
    error: record.error,
    aborted: record.aborted,
    duration_ms: round3(record.durationMs),
    waited_ms: round3(record.waitedMs),
    received_bytes: record.receivedBytes,
    sent_bytes: record.sentBytes,
    attempts: record.attempts.map(({ backend, result, durationMs }) => ({
      backend,
      result,
      duration_ms: round3(durationMs),
    })),
  };
  return `${JSON.stringify(line)}\n`;
}

/** `03:07:12.481  203.0.113.9  GET  /search  → web-2  502 upstream_reset  31 ms  (web-2 reset 12 ms)  1.2 KB` */
function prettyAccessLine(record: AccessRecord, at: number): string {
  const { client, method, target, attempts, durationMs, waitedMs, sentBytes } = record;
  const backend = attempts.at(-1)?.backend ?? '-';
  const told = attempts.length > 1 ? [`(${attempts.map(attemptWords).join(', ')})`] : [];
  const columns = [
    clockTime(new Date(at)),
    visibleLine(client),
    visibleLine(method),
    visibleLine(target),
    `→ ${backend}`,
    answerWords(record),
    timeWords(durationMs),
    ...told,
    ...(waitedMs > 0 ? [`waited ${timeWords(waitedMs)}`] : []),
    sizeWords(sentBytes),
  ];
  return `${columns.join('  ')}\n`;
}

/** Status and what went wrong: `502 upstream_reset`, `- client gone`. */
function answerWords({ status, error, aborted }: AccessRecord): string {
  const code = status === 0 ? '-' : paint(styleOf(status), String(status));
  return `${code}${error === null ? '' : ` ${error}`}${aborted ? ' client gone' : ''}`;
}

function styleOf(status: number): 'green' | 'cyan' | 'yellow' | 'red' {
  if (status >= 500) return 'red';
  if (status >= 400) return 'yellow';
  return status >= 300 ? 'cyan' : 'green';
}

function attemptWords({ backend, result, durationMs }: AttemptRecord): string {
  return `${backend} ${result} ${timeWords(durationMs)}`;
}

/** Whole milliseconds, three digits below ten. */
function timeWords(ms: number): string {
  return `${ms < 10 ? round3(ms) : Math.round(ms)} ms`;
}

function sizeWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const thousands = bytes / 1_000;
  return thousands < 1_000 ? `${thousands.toFixed(1)} KB` : `${(thousands / 1_000).toFixed(1)} MB`;
}
