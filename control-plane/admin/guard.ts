/**
 * Decides which requests the admin API answers. If there is a token, it answers those that carry it. Without a token
 * (only allowed on loopback), it answers programs on this machine, but not web pages that a browser on this machine
 * shows. Such a page has three ways to a loopback port:
 * - a host name of its own that resolves to 127.0.0.1 (DNS rebinding): the check of Host refuses it;
 * - a form that it sends: the check of Origin refuses it;
 * - an image that it loads, without Origin: the check of Sec-Fetch-Site refuses it.
 *
 * No CORS field is ever sent.
 *
 * Routes with `security: []` in their schema are open to all: `/livez` and `/readyz`. They reveal little, and probes
 * send neither a token nor a host name.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isLoopback } from '#shared/settings/names.js';
import { sendProblem, type Problem } from './problem.js';
import { SECURITY_HEADERS } from './security-headers.js';

export function guard(app: FastifyInstance, token: string | null): void {
  const check = token === null ? localProblem : bearerCheck(token);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (request.routeOptions.schema?.security?.length === 0) return;
    const problem = check(request);
    if (problem !== null) await sendProblem(reply, problem);
  });
}

function bearerCheck(token: string): (request: FastifyRequest) => Problem | null {
  // Digests have equal lengths, so the comparison reveals nothing about the length of the token.
  const expected = createHash('sha256').update(token).digest();
  return (request) => {
    const [scheme = '', sent = '', ...rest] = (request.headers.authorization ?? '').trim().split(/ +/);
    const right =
      scheme.toLowerCase() === 'bearer' &&
      rest.length === 0 &&
      timingSafeEqual(createHash('sha256').update(sent).digest(), expected);
    if (right) return null;
    const detail =
      sent === ''
        ? 'This API needs the token of admin.token_file: send Authorization: Bearer <token>.'
        : 'The token sent is not the token of admin.token_file.';
    return { type: 'unauthorized', detail };
  };
}

function localProblem(request: FastifyRequest): Problem | null {
  const host = request.headers.host ?? '';
  if (!isLoopback(hostName(host))) {
    return {
      type: 'forbidden_host',
      detail: `Without a token only requests to localhost or a loopback address are answered, not to "${host.slice(0, 100)}". Set admin.token_file to use other names.`,
    };
  }
  const { origin } = request.headers;
  const foreign = origin !== undefined && origin !== `http://${host}`;
  if (!foreign && !isEmbedded(request)) return null;
  return {
    type: 'forbidden_origin',
    detail:
      'Without a token requests from web pages of other origins are refused. Set admin.token_file to allow programs that send Origin or Sec-Fetch-Site.',
  };
}

/**
 * Whether a page of another site caused the request (W3C Fetch Metadata), and not a person who followed a link there. A
 * form of that page is sent like a link, but with other methods.
 */
function isEmbedded({ headers, method }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  const isRead = method === 'GET' || method === 'HEAD';
  return !isRead || headers['sec-fetch-mode'] !== 'navigate' || headers['sec-fetch-dest'] !== 'document';
}

/** The name in a Host field, without port and brackets. */
function hostName(host: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host.toLowerCase()) ?? [];
  return bracketed ?? plain ?? '';
}
