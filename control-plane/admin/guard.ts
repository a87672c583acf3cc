/**
 * Which requests the admin API answers. With a token: those that carry it. Without one (loopback only): those of programs
 * on this machine, but not of a web page that a browser on this machine shows. A page can reach a loopback port under a name of its
 * own that resolves to 127.0.0.1 (DNS rebinding), which the Host check stops, or send it a form, which the Origin
 * check stops, or load it as a picture, which carries no Origin: Sec-Fetch-Site stops that. No CORS field is ever sent.
 *
 * Routes whose schema has `security: []` are open to all, which are `/livez` and `/readyz`: they tell nothing but one bit,
 * and probes send neither token nor host name.
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
  // Digests have one length, so that the comparison tells nothing about the token's.
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
 * Asked for by a page of another site (W3C Fetch Metadata), other than by a person who follows a link there. A form of
 * that page is sent like a link, by other methods than a link's.
 */
function isEmbedded({ headers, method }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  const isRead = method === 'GET' || method === 'HEAD';
  return !isRead || headers['sec-fetch-mode'] !== 'navigate' || headers['sec-fetch-dest'] !== 'document';
}

/** The name in a Host field: without port, without brackets. */
function hostName(host: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host.toLowerCase()) ?? [];
  return bracketed ?? plain ?? '';
}
