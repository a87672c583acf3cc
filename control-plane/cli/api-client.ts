/** Sends requests to the admin API. Every failure becomes a CommandFailure with a sentence and an exit code. */
import { readFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { decodeShape, type Shape } from '#shared/shape.js';
import { parseVisible, visibleText } from '#shared/visible-text.js';
import { messageOf } from '#shared/error-text.js';
import { formatProblem } from '../config/format-problem.js';
import { PoolDocument } from '../documents/pool-documents.js';
import { type FieldProblem, ProblemDocument } from '../documents/problem-document.js';
import { StatusDocument } from '../documents/status-documents.js';
import { CommandFailure, EXIT_FAILED, EXIT_USAGE, StrangeAnswer } from './exit-codes.js';
import { unreachable } from './unreachable.js';

interface ApiOptions {
  /** Base URL of the admin API: `http://host:port`. */
  readonly admin: string;
  readonly tokenFile: string | undefined;
}

/** Longest time until an answer is complete, in milliseconds; for a stream, until it begins. */
const ANSWER_TIMEOUT_MS = 10_000;
/** Longest answer, in bytes; streams have no limit. The status of 100,000 backends fits. */
const MAX_ANSWER_BYTES = 134_217_728;
/** How often a write is repeated if somebody else has changed the pool meanwhile. */
const CONFLICT_RETRIES = 3;

interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** The mistake in one line; one in a file in the same form as `validate` prints it. */
function fieldLine({ file, line, col, path, message, found }: FieldProblem): string {
  if (file === undefined || line === undefined || col === undefined) {
    return `${path === '' ? '' : `${path}: `}${message}`;
  }
  return formatProblem({ file, line, col, path, message, ...(found === undefined ? {} : { found }) });
}

/** What to do about a fleet that could not be changed from here; empty for all other problems. */
function nextStep({ type, nonce }: ProblemDocument): string {
  if (type === 'urn:tidegate:control_plane_read_only') return ' tidegate hosts shows the hosts of the fleet.';
  return nonce === undefined ? '' : `\nTo look it up: tidegate writes ${nonce}`;
}

interface Write {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
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

  /** Reads the document at a path. */
  async get<T>(path: string, shape: Shape<T>): Promise<T> {
    return this.#answer(await this.#request('GET', path, {}), shape);
  }

  async post<T>(path: string, shape: Shape<T>): Promise<T> {
    return this.#answer(await this.#request('POST', path, {}), shape);
  }

  /** Changes the version that somebody has seen. It is refused if there is a newer version. */
  async postSeen<T>(path: string, version: number, body: object, shape: Shape<T>): Promise<T> {
    const headers = { 'if-match': `"${version}"`, 'content-type': 'application/json' };
    return this.#answer(await this.#request('POST', path, { headers, body: JSON.stringify(body) }), shape);
  }

  status(): Promise<StatusDocument> {
    return this.get('/api/v1/status', StatusDocument);
  }

  /** Whether the host that is asked serves, and what it says about that: one line or more. */
  async readiness(): Promise<{ readonly ready: boolean; readonly answer: string }> {
    const response = await this.#request('GET', '/readyz', {});
    const answer = (await this.#text(response)).trim();
    const ready = response.status === 200;
    if (!answer.startsWith(ready ? 'ready: ' : 'not ready: ')) {
      throw this.#strange(response, 'expected to be told whether it is ready');
    }
    return { ready, answer: visibleText(answer) };
  }

  /** Changes a pool or something in it. It reads the version first, and tries again if somebody else was faster. */
  async write<T>(
    pool: string,
    request: { readonly method: 'POST' | 'PATCH'; readonly path: string; readonly body: object },
    shape: Shape<T>,
  ): Promise<T> {
    return this.#answer(await this.#write(pool, request), shape);
  }

  /** Removes something from a pool, in the same way. */
  async remove(pool: string, path: string): Promise<void> {
    const response = await this.#write(pool, { method: 'DELETE', path });
    if (response.status !== 204) throw await this.#refusal(response);
  }

  /** Removes what has no version. */
  async delete(path: string): Promise<void> {
    const response = await this.#request('DELETE', path, {});
    if (response.status !== 204) throw await this.#refusal(response);
  }

  async #write(pool: string, { method, path, body }: Write): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      const { version } = await this.get(`/api/v1/pools/${encodeURIComponent(pool)}`, PoolDocument);
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
      return response;
    }
  }

  /** Opens a stream of server-sent events. The time limit ends when the stream begins. */
  async stream(
    path: string,
    signal: AbortSignal,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new DOMException('late', 'TimeoutError')), ANSWER_TIMEOUT_MS);
    const response = await this.#request('GET', path, {
      signal: AbortSignal.any([signal, late.signal]),
      headers: { ...headers, accept: 'text/event-stream' },
    }).finally(() => clearTimeout(timer));
    if (!response.ok) throw await this.#refusal(response);
    const type = response.headers.get('content-type') ?? 'nothing';
    if (response.body === null || !type.startsWith('text/event-stream')) {
      await response.body?.cancel();
      throw this.#strange(response, `expected a stream of events, not ${type}`);
    }
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

  async #answer<T>(response: Response, shape: Shape<T>): Promise<T> {
    if (!response.ok) throw await this.#refusal(response);
    const decoded = decodeShape(shape, await this.#json(response), 'answer');
    if (decoded.ok) return decoded.value;
    throw this.#strange(response, decoded.problem);
  }

  async #refusal(response: Response): Promise<CommandFailure> {
    const decoded = decodeShape(ProblemDocument, await this.#json(response), 'answer');
    if (!decoded.ok) return this.#strange(response, decoded.problem);
    const { detail, problems = [] } = decoded.value;
    const next = nextStep(decoded.value);
    const lines = problems.map((problem) => `\n  ${fieldLine(problem)}`);
    const hint = response.status === 401 ? ' Name its file with --token-file or TIDEGATE_TOKEN_FILE.' : '';
    return new CommandFailure(EXIT_FAILED, `${detail}${hint}${next}${lines.join('')}`);
  }

  async #json(response: Response): Promise<unknown> {
    const text = await this.#text(response);
    try {
      return parseVisible(text);
    } catch (error) {
      throw this.#strange(response, 'expected JSON', error);
    }
  }

  async #text(response: Response): Promise<string> {
    const decoder = new TextDecoder();
    let text = '';
    let length = 0;
    try {
      for await (const chunk of response.body ?? []) {
        length += chunk.length;
        if (length > MAX_ANSWER_BYTES) break;
        text += decoder.decode(chunk, { stream: true });
      }
    } catch (error) {
      throw unreachable(this.#base, error);
    }
    if (length > MAX_ANSWER_BYTES) throw this.#strange(response, 'the answer is too long');
    return text + decoder.decode();
  }

  /** Something answered, but not the admin API of this release. */
  #strange(response: Response, problem: string, cause?: unknown): CommandFailure {
    return new StrangeAnswer(
      `${this.#base} does not answer like an admin API of Tidegate: status ${response.status}, ${problem}. Set the right address with --admin or TIDEGATE_ADMIN.`,
      { cause },
    );
  }
}

async function readToken(file: string): Promise<string> {
  let token: string;
  try {
    token = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const reason = messageOf(error);
    throw new CommandFailure(EXIT_USAGE, `The token file cannot be read: ${reason}.`, { cause: error });
  }
  if (!/^[!-~]+$/.test(token)) {
    throw new CommandFailure(EXIT_USAGE, `The token file ${file} does not hold one line of printable ASCII.`);
  }
  return token;
}

/** Name of the user, for the event log. */
function whoAmI(): string {
  let user = 'someone';
  try {
    user = userInfo().username;
  } catch {
    // A user id without a name, as in many containers.
  }
  return `${user}@${hostname()}`.replace(/[^!-~]/g, '?').slice(0, 64);
}
