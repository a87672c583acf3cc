/**
 * A TCP proxy between a host and its Redis that can be a bad network: slow, cut (what is sent vanishes, and nobody is told),
 * or refusing. Each host has its own, so that one can be cut off while the others are not.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { later } from './slow-peer.js';

export class FaultProxy {
  /** Milliseconds that everything takes, in each direction. */
  delayMs = 0;
  /** Where new connections lead. */
  target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.target = target;
  }

  static async to(port: number): Promise<FaultProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new FaultProxy(server, port);
    server.on('connection', (client) => proxy.#accept(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** A link that is down: connections stay, and nothing gets through, new ones included. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** The link is up again. What was sent meanwhile arrives, as TCP has it. */
  mend(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Ends all connections; new ones lead to this port. */
  lead(port: number): void {
    this.target = port;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(client: Socket): void {
    const peer = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    this.#join(client, peer);
    this.#join(peer, client);
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    if (this.#isCut) from.pause();
    from.on('data', (chunk) => this.#pass(() => to.write(chunk)));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      this.#pass(() => to.destroy());
    });
  }

  #pass(act: () => void): void {
    if (this.delayMs === 0) act();
    else later(this.delayMs, act);
  }
}
