/** A backend application for end-to-end tests: real HTTP, can be broken, slowed and stopped, remembers what it served. */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { type Listening, listen } from './listen.js';

export interface Served {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export class AppServer {
  readonly id: string;
  readonly served: Served[] = [];
  /** Of each request (not checks): when it came, and how many were then in flight, it included. */
  readonly arrivals: { readonly at: number; readonly inFlight: number }[] = [];
  /** Answer of everything but checks. */
  status = 200;
  /** Answer of `/health`. */
  healthStatus = 200;
  /** What `/health` says. */
  healthBody = '';
  /** The virtual host that has `/health`; others are answered with 421. `null`: every host has it. */
  healthHost: string | null = null;
  delayMs = 0;
  /** Whether it breaks off within each answer but those to checks. */
  breaks = false;
  /** While set, checks wait for it. */
  healthGate: Promise<void> | null = null;
  /** While set, requests (not checks) wait for it. */
  gate: Promise<void> | null = null;
  checks = 0;
  /** Requests in flight now, and the most there ever were since `resetPeak`. */
  inFlight = 0;
  peak = 0;
  port = 0;
  #listening: Listening | null = null;

  constructor(id: string) {
    this.id = id;
  }

  static async start(id: string): Promise<AppServer> {
    const app = new AppServer(id);
    await app.listen();
    return app;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens on the port it had before, or on one of the system's choice. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    this.#listening = await listen(server, this.port);
    this.port = this.#listening.port;
  }

  /** Like `kill -9`: nobody listens and every connection is gone. */
  async kill(): Promise<void> {
    const listening = this.#listening;
    this.#listening = null;
    await listening?.close();
  }

  resetPeak(): void {
    this.peak = this.inFlight;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    response.on('error', () => undefined); // The client may be gone; the socket's handler sees to it.
    if (request.url === '/health') {
      this.checks += 1;
      const gate = this.healthGate ?? Promise.resolve();
      const isOther = this.healthHost !== null && request.headers.host !== this.healthHost;
      const status = isOther ? 421 : this.healthStatus;
      void gate.then(() => response.writeHead(status).end(request.method === 'HEAD' ? '' : this.healthBody));
      return;
    }
    const { method = '', url = '', headers } = request;
    this.served.push({ method, url, headers });
    this.inFlight += 1;
    this.arrivals.push({ at: Date.now(), inFlight: this.inFlight });
    this.peak = Math.max(this.peak, this.inFlight);
    response.on('close', () => (this.inFlight -= 1));
    const answer = (): void => {
      if (this.breaks) {
        response.writeHead(this.status, { 'content-length': '1000' });
        response.write('part', () => response.destroy());
        return;
      }
      response.writeHead(this.status, { 'content-type': 'text/plain', 'x-backend': this.id }).end(this.id);
    };
    if (this.gate !== null) void this.gate.then(answer);
    else if (this.delayMs === 0) answer();
    else setTimeout(answer, this.delayMs);
  }
}
