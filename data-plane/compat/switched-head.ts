/** The head of 101 towards the client, from the backend's. */
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { joinedField, responseFields } from '../routing/headers.js';

/** As latin1. @param setCookie the value of a Set-Cookie to add, or `null` */
export function switchedHead(
  { rawHeaders, statusMessage }: IncomingMessage,
  setCookie: string | null,
): string {
  const fields = responseFields(rawHeaders, {
    setCookie,
    own: ['Connection', 'Upgrade', 'Upgrade', joinedField(rawHeaders, 'upgrade') ?? ''],
  });
  const lines = [`HTTP/1.1 101 ${statusMessage ?? STATUS_CODES[101] ?? ''}`];
  for (let i = 0; i + 1 < fields.length; i += 2) lines.push(`${fields[i] ?? ''}: ${fields[i + 1] ?? ''}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
