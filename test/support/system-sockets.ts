/** What the system holds of connections on this machine: bytes to be sent, bytes to be read. */
import { readFileSync } from 'node:fs';

/** The system's table of connections, read once: while other tests run it is long. */
export class Sockets {
  readonly #table = readFileSync('/proc/net/tcp', 'latin1');

  /** Bytes that wait in the sockets of this port that are connected to this other port: to be sent, and to be read. */
  waiting(localPort: number, remotePort: number): { readonly unsent: number; readonly unread: number } {
    const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
    const line = new RegExp(`:${hex(localPort)} \\w+:${hex(remotePort)} \\w+ (\\w+):(\\w+)`, 'g');
    let unsent = 0;
    let unread = 0;
    for (const [, toSend = '', toRead = ''] of this.#table.matchAll(line)) {
      unsent += Number.parseInt(toSend, 16);
      unread += Number.parseInt(toRead, 16);
    }
    return { unsent, unread };
  }

  /** All that is on its way between two ports, in this direction. */
  between(from: number, to: number): number {
    return this.waiting(from, to).unsent + this.waiting(to, from).unread;
  }
}

/** Bytes that the system has yet to send from this port, over all its connections to this other port. */
export function unsentBytes(localPort: number, remotePort: number): number {
  return new Sockets().waiting(localPort, remotePort).unsent;
}
