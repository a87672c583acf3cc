/**
 * The command `events`: shows past events and follows new ones. One line per event; with --json one JSON document per
 * line.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { decodeShape, integer, object, type Shape, text, type TypeOf } from '#shared/shape.js';
import { parseVisible } from '#shared/visible-text.js';
import { EventDocument, EventsDocument, MAX_EVENTS } from '../documents/event-documents.js';
import type { ApiClient } from './api-client.js';
import { parseReference } from './backend-reference.js';
import { depsOf } from './command-deps.js';
import { CommandFailure, EXIT_FAILED, EXIT_UNREACHABLE, EXIT_USAGE, StrangeAnswer } from './exit-codes.js';
import { readMessages, type StreamMessage } from './event-stream.js';
import { paint, print, printError } from './output.js';
import { originOf } from './fleet-lines.js';
import { formatTime } from './times.js';

/** How long the command tries to get a lost stream back, in milliseconds. */
const RECONNECT_LIMIT_MS = 60_000;
const RECONNECT_PAUSE_MS = 1_000;
/** Longest word for why a stream does not go on where it was. */
const MAX_REASON = 64;

interface EventsOptions {
  readonly follow?: boolean;
  readonly type?: string;
  readonly pool?: string;
  readonly backend?: string;
  readonly after?: number;
  readonly limit?: number;
}

export function eventsCommand(program: Command): void {
  program
    .command('events')
    .description('show events, oldest first: the last 50, or those after --after')
    .option('--follow', 'then show new events as they happen')
    .option('--type <types>', 'only these types, with commas between')
    .option('--pool <name>', 'only of this pool')
    .option('--backend <backend>', 'only of this backend: POOL/ID, or ID in any pool')
    .option('--after <number>', 'only those after the event with this number', parseNumber)
    .option(
      '--limit <number>',
      `how many, 1 to ${MAX_EVENTS}; with --follow and --after there is no limit`,
      parseLimit,
    )
    .action(async (options: EventsOptions, command: Command) => {
      const filter = filterOf(options);
      if (options.follow && options.after !== undefined && options.limit !== undefined) {
        throw new CommandFailure(
          EXIT_USAGE,
          '--limit cannot be used with --follow and --after, which show every later event.',
        );
      }
      const { api, json } = await depsOf(command);
      const tell = (event: EventDocument): void => print(json ? JSON.stringify(event) : eventLine(event));
      if (options.follow && options.after !== undefined) {
        await follow(api, filter, options.after, tell);
        return;
      }
      const events = await page(api, filter, options);
      const { seq } = options.follow ? await api.status() : { seq: 0 };
      const shown = options.follow ? events.filter((event) => event.seq <= seq) : events;
      shown.forEach(tell);
      if (shown.length === 0 && !options.follow) printError('No such events.');
      if (options.follow) await follow(api, filter, seq, tell);
    });
}

function filterOf({ type, pool, backend }: EventsOptions): URLSearchParams {
  const filter = new URLSearchParams();
  if (type !== undefined) filter.set('type', type);
  if (pool !== undefined) filter.set('pool', pool);
  if (backend === undefined) return filter;
  const reference = parseReference(backend);
  filter.set('backend', reference.id);
  if (reference.pool === null) return filter;
  if (pool !== undefined && pool !== reference.pool) {
    throw new CommandFailure(EXIT_USAGE, `--pool ${pool} and --backend ${backend} name different pools.`);
  }
  filter.set('pool', reference.pool);
  return filter;
}

/** One page of events, oldest first: those after `after`, without it the newest ones. */
async function page(
  api: ApiClient,
  filter: URLSearchParams,
  options: EventsOptions,
): Promise<readonly EventDocument[]> {
  const query = new URLSearchParams(filter);
  query.set('limit', String(options.limit ?? 50));
  if (options.after !== undefined) query.set('after', String(options.after));
  const { events } = await api.get(`/api/v1/events?${query.toString()}`, EventsDocument);
  return options.after === undefined ? events.toReversed() : events;
}

/** Prints events until the user interrupts it. After a lost stream it continues after the last event printed. */
async function follow(
  api: ApiClient,
  filter: URLSearchParams,
  after: number,
  tell: (event: EventDocument) => void,
): Promise<never> {
  const abort = new AbortController();
  let last: Place = { seq: after, id: null };
  let lostAt: number | null = null;
  let connected = false;
  for (;;) {
    const query = new URLSearchParams(filter);
    query.set('follow', 'true');
    query.set('after', String(last.seq));
    try {
      const headers = last.id === null ? {} : { 'last-event-id': last.id };
      const stream = await api.stream(`/api/v1/events?${query.toString()}`, abort.signal, headers);
      connected = true;
      const heard = (): void => {
        lostAt = null;
      };
      for await (const message of readMessages(stream, heard)) last = handle(message, last, tell);
    } catch (error) {
      // A refusal is final, and so is an answer that is not Tidegate's. A stream that never began is not lost.
      const isFinal =
        error instanceof StrangeAnswer || (error instanceof CommandFailure && error.exitCode === EXIT_FAILED);
      if (isFinal || !connected) throw error;
    }
    if (lostAt === null) printError('The stream of events was lost. Trying to get it back.');
    lostAt ??= Date.now();
    if (Date.now() - lostAt > RECONNECT_LIMIT_MS) {
      throw new CommandFailure(EXIT_UNREACHABLE, 'The stream of events did not come back.');
    }
    await wait(RECONNECT_PAUSE_MS);
  }
}

/** The last event printed. */
interface Place {
  readonly seq: number;
  /** Its id in the stream, by which another host knows that it does not have it; `null`: not from a stream. */
  readonly id: string | null;
}

function handle(message: StreamMessage, last: Place, tell: (event: EventDocument) => void): Place {
  if (message.event === 'gap') {
    const { next, reason } = gapOf(message.data);
    printError(gapLine(last.seq, reason));
    return { seq: Math.max(0, next - 1), id: null };
  }
  if (message.event !== 'message') return last;
  const event = eventOf(message.data);
  tell(event);
  return { seq: event.seq, id: message.id };
}

const gapShape = object({ next: integer(0) }, { reason: text(MAX_REASON) });

function gapOf(data: string): TypeOf<typeof gapShape> {
  return decoded(gapShape, data, 'gap');
}

function gapLine(last: number, reason: string | undefined): string {
  if (reason === 'other-host') return 'Another host answers now. What follows is from its log.';
  if (reason === 'other-history') return 'The host has another log now. What follows is from that log.';
  return `Some events after #${last} are no longer kept.`;
}

function eventOf(data: string): EventDocument {
  return decoded(EventDocument, data, 'event');
}

function decoded<T>(shape: Shape<T>, data: string, name: string): T {
  let value: unknown;
  try {
    value = parseVisible(data);
  } catch (error) {
    throw new StrangeAnswer('The stream of events is not one of Tidegate: expected JSON.', { cause: error });
  }
  const found = decodeShape(shape, value, name);
  if (found.ok) return found.value;
  throw new StrangeAnswer(`The stream of events is not one of Tidegate: ${found.problem}.`);
}

function eventLine(event: EventDocument): string {
  const about =
    event.pool === undefined
      ? ''
      : ` ${event.backend === undefined ? event.pool : `${event.pool}/${event.backend}`}`;
  return `${paint('dim', `${formatTime(event.at)}  #${event.seq}${originOf(event)}`)}  ${paint('bold', event.type)}${about}: ${event.sentence}`;
}

/** Accepts what the API accepts. */
function parseLimit(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_EVENTS) {
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_EVENTS}.`);
  }
  return limit;
}

function parseNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}
