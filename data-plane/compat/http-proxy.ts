/**
 * http-proxy-3, which makes the upstream requests: what it tells goes to the request that it is about. It does not route,
 * does not retry, and does not see responses.
 */
import type { IncomingMessage } from 'node:http';
import { createProxyServer, type ProxyServer } from 'http-proxy-3';
import type { UpstreamOrder } from './upstream-order.js';
import { UpstreamRequest } from './upstream-request.js';

export class HttpProxy {
  readonly #proxy: ProxyServer;
  /** The latest of each request. */
  readonly #running = new WeakMap<IncomingMessage, UpstreamRequest>();

  constructor() {
    this.#proxy = createProxyServer({
      secure: true,
      xfwd: false,
      // Paths are passed as they are, not parsed and written anew.
      toProxy: true,
      prependPath: false,
      selfHandleResponse: true,
    });
    this.#proxy.on('proxyReq', (upstream, request, _response, _options, socket) => {
      this.#running.get(request)?.begun(upstream, socket);
    });
    this.#proxy.on('econnreset', (_error, request) => this.#running.get(request)?.abort());
    // Errors go to the callback of each request; without a listener http-proxy-3 would throw them.
    this.#proxy.on('error', (error, request) => this.#running.get(request)?.failed(error));
  }

  send(order: UpstreamOrder): UpstreamRequest {
    const upstream = new UpstreamRequest(order);
    this.#running.set(order.request, upstream);
    // http-proxy-3 reads these, and some of its steps depend on what they say; the real ones are set in `begun`.
    order.request.headers = {};
    const { protocol, host, port } = order.backend.address;
    try {
      this.#proxy.web(
        order.request,
        order.response,
        { target: { protocol: `${protocol}:`, host, port }, agent: order.agent, buffer: upstream.feed },
        // http-proxy-3 listens to errors of the client's request, too.
        (error) => (error === order.request.errored ? upstream.abort() : upstream.failed(error)),
      );
    } catch (error) {
      upstream.lost(error);
    }
    return upstream;
  }
}
