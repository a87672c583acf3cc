/** A backend that does what the plan in the target says, and looks at every byte that it is sent. */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Findings } from './cross-talk-findings.js';
import { hasRead, readMarked, writeMarked } from './cross-talk-flow.js';
import { listen } from './listen.js';
import { pause } from './slow-peer.js';
import { planIn, type Plan } from './cross-talk-plan.js';
import { MarkCheck } from './marked-bytes.js';
import type { CertificateMaterial } from '../../shared/message.js';

export interface CrossTalkBackend {
  readonly port: number;
  close(): Promise<void>;
}

/** What backends have in common. */
export interface BackendMemory {
  /** Requests whose first attempt was broken already. */
  readonly broken: Set<string>;
  /** TLS is on one side of the engine, or on both. */
  readonly isSecure: boolean;
  readonly findings: Findings;
}

export async function startCrossTalkBackend(
  memory: BackendMemory,
  certificate: CertificateMaterial | null,
): Promise<CrossTalkBackend> {
  const server =
    certificate === null
      ? http.createServer()
      : https.createServer({ cert: certificate.certPem, key: certificate.keyPem, allowHalfOpen: true });
  server.keepAliveTimeout = 0;
  server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
    void serve(memory, request, response);
  });
  server.on('upgrade', (request: http.IncomingMessage, socket: Duplex, head: Buffer) => {
    void serveTunnel(memory, planIn(request.url ?? ''), socket, head);
  });
  return listen(server);
}

async function serve(
  memory: BackendMemory,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const plan = planIn(request.url ?? '');
  const check = new MarkCheck(`q${plan.id}`, (what) => memory.findings.foreign.push(`request ${what}`));
  response.on('error', () => undefined);
  const breaks = plan.misdeed === 'reset' && !memory.broken.has(plan.id);
  if (breaks) {
    memory.broken.add(plan.id);
    request.on('data', () => {
      if (check.count >= plan.after) breakOff(request.socket);
    });
  }
  const read = readMarked(request, check, plan.request.pace);
  if (plan.misdeed !== 'early') {
    const isWhole = await read;
    if (breaks) return void request.socket.destroy();
    if (!isWhole || !request.complete) return;
    if (check.count !== plan.request.size) {
      memory.findings.lost.push(`request ${plan.id}: ${check.count} bytes`);
    }
  }
  await answer(plan, response);
}

/** With TLS there is no reset. */
function breakOff(socket: Socket): void {
  if ('encrypted' in socket) socket.destroy();
  else socket.resetAndDestroy();
}

async function answer(plan: Plan, response: http.ServerResponse): Promise<void> {
  const { size, framing, piece } = plan.response;
  response.setHeader('X-Padding', 'x'.repeat(plan.padding));
  if (framing === 'length') response.setHeader('Content-Length', size);
  if (framing === 'close') {
    response.setHeader('Connection', 'close');
    response.removeHeader('Transfer-Encoding');
    response.useChunkedEncodingByDefault = false;
  }
  const isCut = plan.misdeed === 'cut' && plan.after < size;
  await writeMarked(response, `r${plan.id}`, { to: isCut ? plan.after : size, piece });
  if (!isCut) return void response.end();
  response.flushHeaders();
  await pause(2);
  response.destroy();
}

/** Both sides send all they have at the same time, and then end. */
async function serveTunnel(memory: BackendMemory, plan: Plan, socket: Duplex, head: Buffer): Promise<void> {
  const check = new MarkCheck(`q${plan.id}`, (what) => memory.findings.foreign.push(`to backend ${what}`));
  check.push(head);
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: marks\r\n\r\n');
  void readMarked(socket, check, plan.request.pace);
  await writeMarked(socket, `r${plan.id}`, { to: plan.response.size, piece: plan.response.piece });
  if (plan.misdeed === 'cut') return void socket.destroy();
  // With TLS, Node loses what it has not read yet of the other direction (`SSL_shutdown` fails on it).
  if (memory.isSecure) await hasRead(socket, check, plan.request.size);
  socket.end();
}
