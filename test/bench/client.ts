/**
 * The load generator: a process of its own that opens connections, sends an exact number of requests and closes,
 * as it is told over IPC. Ends when the bench does.
 */
import { ClientConnection, type ConnectionEvents, type Job, jobOf } from './client-connection.js';
import type { ClientAnswer, ClientCommand, OpenCommand } from './client-protocol.js';

const MAX_ERRORS = 5;
/** Connections being made at one time: below the listen backlog of every proxy. */
const MAX_OPENING = 100;
/** A command that takes longer has stalled: no scenario comes near. */
const COMMAND_LIMIT_MS = 60_000;

class Client {
  #job: Job | null = null;
  #connections = new Set<ClientConnection>();
  #toOpen = 0;
  #toSend = 0;
  #inFlight = 0;
  #answered = 0;
  #errors: string[] = [];
  #finish: (() => void) | null = null;

  async open(command: OpenCommand): Promise<ClientAnswer> {
    this.#job = jobOf(command);
    if (command.mode === 'connection-per-request') return this.#during(() => this.#check());
    return this.#during(() => {
      this.#toOpen = command.connections;
      // One request on each, so that the first, which is read in full, is not measured. A WebSocket had its upgrade.
      this.#toSend = command.mode === 'websocket' ? 0 : command.connections;
      this.#openMore();
    });
  }

  async run(requests: number): Promise<ClientAnswer> {
    return this.#during(() => {
      this.#toSend = requests;
      if (this.#job?.command.mode === 'connection-per-request') {
        this.#toOpen = requests;
        this.#openMore();
        return;
      }
      for (const connection of this.#connections) this.#sendOn(connection);
      this.#check();
    });
  }

  close(): ClientAnswer {
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
    // What a failed command left undone is not done by the next.
    this.#toOpen = 0;
    this.#toSend = 0;
    this.#inFlight = 0;
    return { answered: 0, errors: [], wallMs: 0 };
  }

  async #during(start: () => void): Promise<ClientAnswer> {
    this.#answered = 0;
    this.#errors = [];
    const startedAt = performance.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#finish = resolve;
    const limit = setTimeout(() => {
      this.#errors.push(`stalled: ${this.#answered} answered, ${this.#inFlight} in flight`);
      resolve();
    }, COMMAND_LIMIT_MS);
    start();
    await promise;
    clearTimeout(limit);
    this.#finish = null;
    return { answered: this.#answered, errors: this.#errors, wallMs: performance.now() - startedAt };
  }

  #openMore(): void {
    if (this.#job === null) return;
    const perRequest = this.#job.command.mode === 'connection-per-request';
    const limit = perRequest ? this.#job.command.connections : MAX_OPENING;
    while (this.#toOpen > 0 && this.#inFlight < limit) {
      this.#toOpen -= 1;
      this.#inFlight += 1;
      this.#connections.add(new ClientConnection(this.#job, this.#events));
    }
  }

  readonly #events: ConnectionEvents = {
    opened: (connection) => {
      this.#inFlight -= 1;
      this.#sendOn(connection);
      this.#openMore();
      this.#check();
    },
    answered: (connection) => {
      this.#inFlight -= 1;
      this.#answered += 1;
      if (connection.reusable && this.#toOpen === 0) this.#sendOn(connection);
      this.#openMore();
      this.#check();
    },
    closed: (connection, error) => {
      this.#connections.delete(connection);
      if (error !== null) {
        this.#inFlight -= 1;
        if (this.#errors.length < MAX_ERRORS) this.#errors.push(error);
      }
      // One that the proxy ended, as it may, is replaced while there is something to send.
      const perRequest = this.#job?.command.mode === 'connection-per-request';
      if (!perRequest && this.#toSend > 0 && this.#errors.length === 0) this.#toOpen += 1;
      this.#openMore();
      this.#check();
    },
  };

  #sendOn(connection: ClientConnection): void {
    if (this.#toSend === 0) return;
    this.#toSend -= 1;
    this.#inFlight += 1;
    connection.send();
  }

  #check(): void {
    const failed = this.#errors.length > 0;
    const done = this.#inFlight === 0 && this.#toOpen === 0 && this.#toSend === 0;
    if (failed || done) this.#finish?.();
  }
}

const client = new Client();

async function obey(message: ClientCommand): Promise<ClientAnswer> {
  switch (message.command) {
    case 'open':
      return client.open(message);
    case 'run':
      return client.run(message.requests);
    case 'close':
      return client.close();
  }
}

process.on('message', (message: ClientCommand) => {
  void obey(message).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit(0));
