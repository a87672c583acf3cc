/** A TCP proxy between two that should not notice it, until it is told to be slow. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { later } from './slow-peer.js';

export class SlowProxy {
  /** Milliseconds that everything takes, in each direction. */
  delayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(port: number): Promise<SlowProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new SlowProxy(server);
    server.on('connection', (client) => {
      const peer = connect({ port, host: '127.0.0.1', noDelay: true });
      proxy.#join(client, peer);
      proxy.#join(peer, client);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
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
