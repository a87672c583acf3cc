/** Says in one sentence why the admin API cannot be reached, from the error that `fetch` threw. */
import { CommandFailure, EXIT_UNREACHABLE } from './exit-codes.js';
import { visibleText } from '#shared/visible-text.js';

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
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer in time',
  UND_ERR_BODY_TIMEOUT: 'it does not answer in time',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  EPROTO: 'it does not speak TLS as it should',
};

export function unreachable(base: string, error: unknown): CommandFailure {
  return new CommandFailure(
    EXIT_UNREACHABLE,
    `The admin API at ${base} cannot be reached: ${reasonOf(error)}. Is Tidegate running? Set its address with --admin or TIDEGATE_ADMIN.`,
    { cause: error },
  );
}

/** `fetch` throws a TypeError, with the failure of the system or of the server as its cause. */
function reasonOf(error: unknown): string {
  const outer = factsOf(error);
  const { code, name, message } = outer.cause === undefined ? outer : factsOf(outer.cause);
  const known = REASONS[String(code)] ?? REASONS[String(name)];
  if (known !== undefined) return known;
  if (String(code).startsWith('HPE_')) return 'it does not speak HTTP/1.1';
  const text = String(message ?? error);
  if (text === 'unexpected redirect') return 'it leads elsewhere (a redirect), which is not followed';
  return visibleText(text).split('\n')[0] ?? '';
}

/**
 * Reads the keys instead of testing for a class, because an error of another realm is no instance of the class here.
 */
function factsOf(error: unknown): Readonly<Partial<Record<'cause' | 'code' | 'name' | 'message', unknown>>> {
  return typeof error === 'object' && error !== null ? error : { message: error };
}
