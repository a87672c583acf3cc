/** The parts of an exchange that need no backend: the metrics page, interim responses, the rest of a body nobody wants. */
import type { InformationEvent } from 'node:http';
import type { ForwarderContext } from '../forwarder.js';
import type { Arrival, Exchange } from './exchange.js';
import { lingerThenDestroy } from './raw-reply.js';

/** The totals of all workers, which the primary has. */
export async function answerMetrics(context: ForwarderContext, exchange: Exchange): Promise<void> {
  const { request, response } = exchange.arrival;
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') return exchange.reply('method_not_allowed');
  request.resume();
  const page = await context.metricsPage();
  if (page === null) return exchange.reply('overloaded');
  if (exchange.clientGone) return;
  exchange.answers(200);
  response.writeHead(200, [
    'Content-Type',
    page.contentType,
    'Content-Length',
    String(Buffer.byteLength(page.body)),
    'Cache-Control',
    'no-store',
  ]);
  response.end(page.body);
}

/** Passes an interim response on to a client that can take it (RFC 9110 §15.2: not HTTP/1.0). */
export function passInformation(exchange: Exchange, information: InformationEvent): void {
  const { request, response, expectsContinue, shared } = exchange.arrival;
  if (shared === undefined && request.httpVersionMinor === 0) return;
  if (response.headersSent || response.destroyed) return;
  if (information.statusCode === 100) {
    if (expectsContinue) response.writeContinue();
    return;
  }
  try {
    response.writeInformation(information.statusCode, interimFields(information.rawHeaders));
  } catch {
    // Not fit to be written. An interim response may be left out.
  }
}

/** An interim response has no framing and no connection of its own. */
function interimFields(raw: readonly string[]): string[] {
  const fields: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'connection' || lower === 'keep-alive' || lower === 'content-length') continue;
    if (lower === 'transfer-encoding' || lower === 'upgrade') continue;
    fields.push(name, raw[i + 1] ?? '');
  }
  return fields;
}

/**
 * The answer is out and the body still comes: it is thrown away for a while, then the connection is cut. A shared one is not:
 * there the answer ends its stream by itself.
 */
export function endLateBody({ request, shared }: Arrival): void {
  if (shared !== undefined) return;
  const { socket } = request;
  if (request.complete || socket.destroyed) return;
  const timer = lingerThenDestroy(socket);
  request.on('end', () => timer.cancel());
}
