/** Talks to the admin API. Everything that goes wrong becomes a CommandFailure with a sentence and an exit code. */
import { readFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import type { PoolDocument, StatusDocument } from '../admin/documents.js';
import type { ProblemDocument } from '../admin/problem.js';
import { CommandFailure, EXIT_FAILED, EXIT_UNREACHABLE, EXIT_USAGE } from './exit-codes.js';
import { parseVisible } from './visible-text.js';

export interface ApiOptions {
  /** Where the admin API is: `http://host:port`. */
  readonly admin: string;
  readonly tokenFile: string | undefined;
}

/** Longest that an answer may take, streams aside. */
const ANSWER_TIMEOUT_MS = 10_000;
/** How often a write is tried again when somebody else changed the pool in between. */
const CONFLICT_RETRIES = 3;

interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export class ApiClient {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  private constructor(base: string, headers: Readonly<Record<string, string>>) {
    this.#base = base;
    this.#headers = headers;
  }

  static async create({ admin, tokenFile }: ApiOptions): Promise<ApiClient> {
    if (!URL.canParse(admin) || !/^https?:$/.test(new URL(admin).protocol)) {
      throw new CommandFailure(
        EXIT_USAGE,
        `${admin} is not the address of an admin API; expected http://host:port.`,
      );
    }
    const token = tokenFile === undefined ? null : await readToken(tokenFile);
    return new ApiClient(admin.replace(/\/+$/, ''), {
      'x-tidegate-actor': whoAmI(),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    });
  }

  /** The JSON that a path answers. */
  async get<T>(path: string): Promise<T> {
    const response = await this.#request('GET', path, {});
    // The shapes are those of the same release (admin/documents.ts); tests hold both ends together.
    return (await this.#json(response)) as T;
  }

  async post<T>(path: string): Promise<T> {
    return (await this.#json(await this.#request('POST', path, {}))) as T;
  }

  status(): Promise<StatusDocument> {
    return this.get('/api/v1/status');
  }

  /** Changes a pool or something in it: as it is now, and again when somebody else was faster. */
  async write(
    pool: string,
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      const { version } = await this.get<PoolDocument>(`/api/v1/pools/${encodeURIComponent(pool)}`);
      const response = await this.#request(method, path, {
        headers: {
          'if-match': `"${version}"`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (response.status === 412 && attempt < CONFLICT_RETRIES) {
        await response.body?.cancel();
        continue;
      }
      return response.status === 204 ? null : this.#json(response);
    }
  }

  /** A stream of server-sent events. */
  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#request('GET', path, { signal, headers: { accept: 'text/event-stream' } });
    if (!response.ok) await this.#json(response);
    if (response.body === null)
      throw new CommandFailure(EXIT_UNREACHABLE, `${this.#base} answered with no stream.`);
    return response.body;
  }

  async #request(method: string, path: string, init: RequestOptions): Promise<Response> {
    try {
      return await fetch(this.#base + path, {
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        redirect: 'error',
        ...init,
        method,
        headers: { ...this.#headers, ...init.headers },
      });
    } catch (error) {
      throw unreachable(this.#base, error);
    }
  }

  async #json(response: Response): Promise<unknown> {
    let body: unknown;
    try {
      body = parseVisible(await response.text());
    } catch (error) {
      throw new CommandFailure(
        EXIT_UNREACHABLE,
        `${this.#base} does not answer like an admin API of Tidegate (status ${response.status}).`,
        { cause: error },
      );
    }
    if (response.ok) return body;
    throw new CommandFailure(EXIT_FAILED, refusal(body, response.status));
  }
}

function refusal(body: unknown, status: number): string {
  if (!isProblem(body)) return `The admin API answered with status ${status}.`;
  const problems = (body.problems ?? []).map(
    ({ path, message }) => `\n  ${path === '' ? '' : `${path}: `}${message}`,
  );
  const hint = status === 401 ? ' Name its file with --token-file or TIDEGATE_TOKEN_FILE.' : '';
  return `${body.detail}${hint}${problems.join('')}`;
}

function isProblem(body: unknown): body is ProblemDocument {
  return typeof body === 'object' && body !== null && 'detail' in body && typeof body.detail === 'string';
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up now',
  ECONNRESET: 'it closed the connection',
  UND_ERR_SOCKET: 'it closed the connection',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'it does not answer',
  TimeoutError: 'it does not answer in time',
};

function unreachable(base: string, error: unknown): CommandFailure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.name) : '';
  const reason = REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new CommandFailure(
    EXIT_UNREACHABLE,
    `The admin API at ${base} cannot be reached: ${reason}. Is Tidegate running? --admin or TIDEGATE_ADMIN says where.`,
    { cause: error },
  );
}

async function readToken(file: string): Promise<string> {
  let token: string;
  try {
    token = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(EXIT_USAGE, `The token file cannot be read: ${reason}.`, { cause: error });
  }
  if (!/^[!-~]+$/.test(token)) {
    throw new CommandFailure(EXIT_USAGE, `The token file ${file} does not hold one line of printable ASCII.`);
  }
  return token;
}

/** For the event log: who is at the keyboard. */
function whoAmI(): string {
  let user = 'someone';
  try {
    user = userInfo().username;
  } catch {
    // A user id without a name, as in many containers.
  }
  return `${user}@${hostname()}`.replace(/[^!-~]/g, '?').slice(0, 64);
}
