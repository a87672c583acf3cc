/** One connection of HTTP/1.1 of a fuzz: requests one after the other or at once, right or spoiled, awaited or left. */
import type * as net from 'node:net';
import { openTcp, openTls } from '../raw-client.js';
import { ResponseScanner } from '../response-scanner.js';
import { waitUntil } from '../wait-until.js';
import type { Chance } from './chance.js';
import { countRequest, judge, type FuzzEnd, type Ledger } from './ledger.js';
import { fuzzRequest, http1Bytes, pieces, spoil, type FuzzRequest } from './requests.js';

/** How long a client waits for what must come, and for what may. */
const PATIENCE_MS = 20_000;
const CURIOSITY_MS = 100;
const MOST_REQUESTS = 6;

export interface Where {
  readonly port: number;
  readonly secure: boolean;
}

export async function playHttp1(chance: Chance, ledger: Ledger, where: Where, name: string): Promise<void> {
  const wire = await connect(where);
  ledger.connections += 1;
  try {
    for (let i = chance.between(1, MOST_REQUESTS); i > 0 && !wire.isClosed(); i -= 1) {
      const request = fuzzRequest(chance, `${name}-${i}`);
      const isSpoiled = chance.maybe(0.3);
      const isClean = !isSpoiled && isWellFormed(request);
      const bytes = http1Bytes(chance, request);
      // Several at once: what comes back belongs to the first of them only if that was clean.
      const next = chance.maybe(0.1) ? http1Bytes(chance, fuzzRequest(chance, `${name}-${i}p`)) : null;
      countRequest(ledger, request, isClean && next === null);
      if (request.method === 'HEAD') wire.scanner.expectNoBody();
      for (const piece of pieces(chance, isSpoiled ? spoil(chance, bytes) : bytes)) {
        wire.socket.write(piece);
        if (chance.maybe(0.2)) await new Promise((resolve) => setImmediate(resolve));
      }
      if (next !== null) wire.socket.write(next);
      const leaves = chance.between(0, 19);
      if (leaves === 0) wire.socket.end();
      if (leaves === 1 || leaves === 2) {
        ledger.resets += 1;
        if (leaves === 1 && !where.secure) wire.socket.resetAndDestroy();
        else wire.socket.destroy();
        return;
      }
      const isAwaited = isClean && next === null && leaves !== 0;
      const end = await wire.end(isAwaited ? PATIENCE_MS : CURIOSITY_MS);
      judge(ledger, request, isAwaited, end);
      if (!isAwaited || end.how !== 'answered' || !wire.keepsOpen()) return;
    }
  } finally {
    wire.socket.destroy();
  }
}

/** Whether no field, nor the target, is one that HTTP/1.1 has no place for. */
export function isWellFormed({ fields, trailers, target, method, body, framing }: FuzzRequest): boolean {
  const isName = (name: string): boolean => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);
  const framed = /^(?:content[-_]length|transfer-encoding|host|connection|upgrade)$/i;
  // A body of a length has no room for trailers: they would be the next request.
  if (framing === 'length' && body !== null && trailers.length > 0) return false;
  // Most others are refused, as they would mean something else in the head.
  if (trailers.some(([name]) => name !== 'x-sum')) return false;
  return (
    [...fields, ...trailers].every(
      // oxlint-disable-next-line no-control-regex
      ([name, value]) => isName(name) && !framed.test(name) && !/[\x00-\x08\x0a-\x1f\x7f]/.test(value),
    ) &&
    /^[\x21-\x7e]+$/.test(target) &&
    method !== 'PRI'
  );
}

interface Wire {
  readonly socket: net.Socket;
  readonly scanner: ResponseScanner;
  isClosed(): boolean;
  /** Of the answer that came last. */
  keepsOpen(): boolean;
  /** Waits for the next answer, or for the end of the connection. */
  end(limitMs: number): Promise<FuzzEnd>;
}

async function connect({ port, secure }: Where): Promise<Wire> {
  const socket = secure ? openTls(port, { ALPNProtocols: ['http/1.1'] }) : openTcp(port);
  const scanner = new ResponseScanner({ keepBodies: false });
  const ends: FuzzEnd[] = [];
  let isOpen = false;
  let isClosed = false;
  let keepsOpen = true;
  let latest = '';
  socket.on(secure ? 'secureConnect' : 'connect', () => (isOpen = true));
  socket.on('close', () => (isClosed = true));
  socket.on('end', () => {
    isClosed = true;
    socket.end();
  });
  socket.on('data', (chunk: Buffer) => {
    latest = (latest + chunk.toString('latin1')).slice(-2_000);
    try {
      for (const { status, head, keepAlive } of scanner.push(chunk)) {
        keepsOpen = keepAlive && status !== 101;
        ends.push({
          status,
          error: fieldOf(head, 'x-tidegate-error'),
          id: fieldOf(head, 'x-backend') === 'fair' ? fieldOf(head, 'x-fuzz') : null,
          how: 'answered',
        });
      }
    } catch {
      // A wild backend's tunnel.
      socket.destroy();
    }
  });
  await waitUntil('the connection', () => isOpen || isClosed, PATIENCE_MS);
  return {
    socket,
    scanner,
    isClosed: () => isClosed,
    keepsOpen: () => keepsOpen,
    end: async (limitMs) => {
      await waitUntil('an end', () => ends.length > 0 || isClosed, limitMs).catch(() => undefined);
      const nothing = { status: null, error: null, id: null, latest: latest.slice(0, 300) };
      return ends.shift() ?? { ...nothing, how: isClosed ? 'closed' : 'nothing' };
    },
  };
}

function fieldOf(head: string, name: string): string | null {
  const found = head.split('\r\n').find((line) => line.toLowerCase().startsWith(`${name}:`));
  return found === undefined ? null : found.slice(name.length + 1).trim();
}
