/** Interim responses on their way to the client. */
import type { InformationEvent } from 'node:http';
import type { Arrival } from './arrival.js';

/** Passes one on to a client that can take it (RFC 9110 §15.2: not HTTP/1.0). */
export function passInformation(
  { request, response, shared }: Arrival,
  information: InformationEvent,
  awaitsContinue: boolean,
): void {
  if (shared === undefined && request.httpVersionMinor === 0) return;
  if (response.headersSent || response.destroyed) return;
  try {
    if (information.statusCode === 100) {
      if (awaitsContinue) response.writeContinue();
      return;
    }
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
