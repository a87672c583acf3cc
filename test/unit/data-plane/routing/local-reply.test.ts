import { localReply } from '../../../../data-plane/routing/local-reply.js';
import { type ErrorCode, LOCAL_REPLIES } from '../../../../shared/error-code.js';

const CODES = Object.keys(LOCAL_REPLIES) as ErrorCode[];

function field(headers: readonly string[], name: string): string | undefined {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name);
  return at < 0 ? undefined : headers[at + 1];
}

describe('local reply', () => {
  it.each(CODES)('%s has its status, its code and a body of the length told', (code) => {
    const reply = localReply(code);
    expect(reply.status).toBe(LOCAL_REPLIES[code].status);
    expect(field(reply.headers, 'x-tidegate-error')).toBe(code);
    expect(field(reply.headers, 'content-length')).toBe(String(Buffer.byteLength(reply.body)));
    expect(field(reply.headers, 'cache-control')).toBe('no-store');
    expect(reply.body).toContain(code);
  });

  it('tells when to try again, and what is allowed', () => {
    expect(field(localReply('no_backend').headers, 'retry-after')).toBe('1');
    expect(field(localReply('overloaded').headers, 'retry-after')).toBe('1');
    expect(field(localReply('upstream_timeout').headers, 'retry-after')).toBeUndefined();
    expect(field(localReply('method_not_allowed').headers, 'allow')).toContain('GET');
  });

  it('ends the connection after what was not understood or not read', () => {
    const kept = CODES.filter((code) => !localReply(code).close);
    expect(kept).toEqual([
      'no_route',
      'misdirected',
      'upstream_connect',
      'upstream_reset',
      'upstream_malformed',
      'no_backend',
      'queue_full',
      'queue_timeout',
      'upstream_timeout',
    ]);
  });
});
