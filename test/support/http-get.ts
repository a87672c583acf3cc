/** One HTTP request on a connection of its own, or of an agent's, with everything about the answer. */
import { type Agent, type IncomingHttpHeaders, type RequestOptions, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly agent?: Agent | false;
  readonly localAddress?: string;
  readonly rejectUnauthorized?: boolean;
}

export async function httpGet(url: string, ask: Ask = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { body, ...rest } = ask;
  const options: RequestOptions & { rejectUnauthorized?: boolean } = { agent: false, ...rest };
  const request = (url.startsWith('https:') ? httpsRequest : httpRequest)(url, options, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: Buffer.concat(chunks).toString(),
      }),
    );
  });
  request.on('error', reject);
  request.end(body);
  return promise;
}

/** Asks `count` times, one after the other, and counts the answers by body. */
export async function countBodies(url: string, count: number, ask: Ask = {}): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let asked = 0; asked < count; asked += 1) {
    const { status, body } = await httpGet(url, ask);
    const key = status === 200 ? body : String(status);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
