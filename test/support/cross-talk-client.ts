/** Clients that send what plans say, and look at every byte that they get. */
import * as http from 'node:http';
import * as https from 'node:https';
import type * as net from 'node:net';
import type { Duplex } from 'node:stream';
import { hasRead, readMarked, writeMarked } from './cross-talk-flow.js';
import type { Findings } from './cross-talk-findings.js';
import { targetOf, type Plan } from './cross-talk-plan.js';
import { MarkCheck, markedBytes } from './marked-bytes.js';
import { openTcp, openTls } from './raw-client.js';

export interface ClientWorld {
  readonly port: number;
  readonly isSecure: boolean;
  /** TLS is on one side of the engine, or on both. */
  readonly mayLoseRest: boolean;
  readonly agent: http.Agent | https.Agent;
  readonly findings: Findings;
  /** The whole of an answer has come. */
  served(kind: 'exchange' | 'tunnel' | 'pipelined'): void;
}

/** One request on a connection of the agent. Resolves when all is over. */
export function exchange(world: ClientWorld, plan: Plan): Promise<void> {
  const { agent, port } = world;
  const { request: side } = plan;
  const headers: http.OutgoingHttpHeaders = { host: 'a', 'x-padding': 'x'.repeat(plan.padding) };
  if (side.framing === 'length') headers['content-length'] = side.size;
  else headers['transfer-encoding'] = 'chunked';
  const options = { host: '127.0.0.1', port, agent, headers, method: plan.method, path: targetOf(plan) };
  const request = world.isSecure
    ? https.request({ ...options, rejectUnauthorized: false })
    : http.request(options);
  return new Promise((resolve) => {
    request.on('error', () => undefined);
    request.on('close', () => resolve());
    request.on('response', (response) => void readAnswer(world, plan, request, response));
    void send(plan, request);
  });
}

async function send(plan: Plan, request: http.ClientRequest): Promise<void> {
  const { size, piece } = plan.request;
  if (plan.misdeed === 'leave' && plan.after < size) {
    await writeMarked(request, `q${plan.id}`, { to: plan.after, piece });
    request.destroy();
    return;
  }
  await writeMarked(request, `q${plan.id}`, { to: size, piece });
  if (!request.destroyed) request.end();
}

async function readAnswer(
  world: ClientWorld,
  plan: Plan,
  request: http.ClientRequest,
  response: http.IncomingMessage,
): Promise<void> {
  const error = response.headers['x-tidegate-error'];
  if (error !== undefined) {
    const isOurs = plan.misdeed === 'none' && error !== 'upstream_reset';
    if (isOurs) world.findings.lost.push(`${plan.id}: ${JSON.stringify(error)}`);
    response.resume();
    return;
  }
  const check = new MarkCheck(`r${plan.id}`, (what) => world.findings.foreign.push(`response ${what}`));
  response.on('data', () => {
    if (plan.misdeed === 'leave' && check.count > plan.after) request.destroy();
  });
  const hasEnded = await readMarked(response, check, plan.response.pace);
  if (!hasEnded || !response.complete) return;
  // An answer until the end of the connection does not tell that it was cut.
  const mayBeShort =
    plan.misdeed === 'leave' || (plan.misdeed === 'cut' && plan.response.framing === 'close');
  if (check.count !== plan.response.size && !mayBeShort) {
    world.findings.lost.push(`response ${plan.id}: ${check.count} bytes of ${plan.response.size}`);
  }
  world.served('exchange');
}

/** A tunnel in which both send at the same time. */
export async function tunnel(world: ClientWorld, plan: Plan): Promise<void> {
  const socket = await connect(world);
  const check = new MarkCheck(`r${plan.id}`, (what) => world.findings.foreign.push(`tunnel ${what}`));
  socket.write(`GET ${targetOf(plan)} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: marks\r\n\r\n`);
  const rest = await readHead(socket);
  if (rest === null) return;
  check.push(rest);
  const read = readMarked(socket, check, plan.response.pace);
  await writeMarked(socket, `q${plan.id}`, { to: plan.request.size, piece: plan.request.piece });
  if (plan.misdeed === 'leave') return void socket.destroy();
  // See the backend's side.
  if (world.mayLoseRest) await hasRead(socket, check, plan.response.size);
  socket.end();
  const hasEnded = await read;
  if (!hasEnded || plan.misdeed !== 'none') return;
  if (check.count !== plan.response.size) world.findings.lost.push(`tunnel ${plan.id}: ${check.count} bytes`);
  world.served('tunnel');
}

/** Several requests at once on one connection, with answers of known length. */
export async function pipelined(world: ClientWorld, plans: readonly Plan[]): Promise<void> {
  const socket = await connect(world);
  const whole = plans.map((plan) => {
    const fields = `Host: a\r\nX-Padding: ${'x'.repeat(plan.padding)}\r\nContent-Length: ${plan.request.size}`;
    const head = `${plan.method} ${targetOf(plan)} HTTP/1.1\r\n${fields}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), markedBytes(`q${plan.id}`, 0, plan.request.size)]);
  });
  socket.write(Buffer.concat(whole));
  let rest: Buffer = Buffer.alloc(0);
  for (const plan of plans) {
    const body = await readHead(socket, rest);
    if (body === null) break;
    const check = new MarkCheck(`r${plan.id}`, (what) => world.findings.foreign.push(`pipelined ${what}`));
    const after = await readBody(socket, check, body, plan.response.size);
    if (after === null) break;
    rest = after;
    world.served('pipelined');
  }
  socket.destroy();
}

/** Reads up to the end of a head. Returns what came behind it; `null`: the connection ended, or the answer is none of a backend. */
async function readHead(socket: Duplex, before: Buffer = Buffer.alloc(0)): Promise<Buffer | null> {
  let bytes = before;
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n');
    if (end >= 0) {
      const isAnswer = /^HTTP\/1\.1 (?:200|101) /.test(bytes.toString('latin1', 0, end));
      return isAnswer ? bytes.subarray(end + 4) : null;
    }
    const more = await nextPiece(socket);
    if (more === null) return null;
    bytes = Buffer.concat([bytes, more]);
  }
}

async function readBody(
  socket: Duplex,
  check: MarkCheck,
  first: Buffer,
  size: number,
): Promise<Buffer | null> {
  let piece: Buffer | null = first;
  while (piece !== null) {
    const missing = size - check.count;
    check.push(piece.subarray(0, missing));
    if (check.count === size) return piece.subarray(missing);
    piece = await nextPiece(socket);
  }
  return null;
}

/** The next bytes, or `null` at the end. Leaves the socket paused. */
function nextPiece(socket: Duplex): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const done = (piece: Buffer | null): void => {
      socket.pause();
      socket.off('data', done);
      socket.off('close', closed);
      socket.off('end', closed);
      resolve(piece);
    };
    const closed = (): void => done(null);
    socket.on('data', done);
    socket.on('close', closed);
    socket.on('end', closed);
    socket.resume();
    if (socket.destroyed) closed();
  });
}

function connect({ port, isSecure }: ClientWorld): Promise<net.Socket> {
  const socket = isSecure ? openTls(port, { allowHalfOpen: true }) : openTcp(port);
  return new Promise((resolve) => {
    socket.once(isSecure ? 'secureConnect' : 'connect', () => resolve(socket));
    socket.once('close', () => resolve(socket));
  });
}
