/**
 * Who the client of a connection is, and the header lines that tell backends so. A peer that is not trusted is the same for
 * all its requests, so it is worked out once.
 */
import type { Socket } from 'node:net';
import { resolveClient, type Client, type TrustedProxies } from '../routing/client-address.js';
import type { RoutingTable } from '../routing/routing-table.js';
import { authorityOf, joinedValues } from './request-facts.js';
import { FIELD } from './wire/fields.js';
import type { RequestHead } from './wire/request-head.js';

export class ClientIdentity {
  readonly #socket: Socket;
  readonly #isSecure: boolean;
  /** Of a peer that is not trusted. */
  #client: Client | null = null;
  #clientOf: TrustedProxies | null = null;
  #lines = '';

  constructor(socket: Socket, isSecure: boolean) {
    this.#socket = socket;
    this.#isSecure = isSecure;
  }

  /** Who sends this request, as far as the peer is believed. */
  of(head: RequestHead, { trusted }: RoutingTable): Client {
    if (this.#client !== null && this.#clientOf === trusted) return this.#client;
    const client = resolveClient(
      {
        peer: this.#socket.remoteAddress ?? '',
        secure: this.#isSecure,
        forwardedFor: joinedValues(head, FIELD.xForwardedFor, ', '),
        forwardedProto: joinedValues(head, FIELD.xForwardedProto, ', '),
        forwardedHost: joinedValues(head, FIELD.xForwardedHost, ', '),
        host: authorityOf(head),
      },
      trusted,
    );
    if (client.trustedPeer) return client;
    this.#client = client;
    this.#clientOf = trusted;
    this.#lines = addressLines(client);
    return client;
  }

  /** The header lines that tell the backend, each with its CRLF. @param client as `of` gave it for this request */
  forwardedLines(client: Client, authority: string | null): string {
    const lines = client.trustedPeer ? addressLines(client) : this.#lines;
    const host = client.trustedPeer ? client.forwardedHost : authority;
    return host === null ? lines : `${lines}X-Forwarded-Host: ${host}\r\n`;
  }
}

function addressLines(client: Client): string {
  return `X-Forwarded-For: ${client.forwardedFor}\r\nX-Forwarded-Proto: ${client.forwardedProto}\r\n`;
}
