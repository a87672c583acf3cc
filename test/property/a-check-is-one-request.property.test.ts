/** Law: whatever host, path and header fields the file or the log has, a check sends one request with those very fields. */
import fc from 'fast-check';
import { requestTo } from '../../control-plane/health-checks/check-request.js';
import { Expected } from '../../shared/settings/kind.js';
import { healthCheck as healthCheckSection } from '../../shared/settings/health-check.js';
import { requestHost } from '../../shared/settings/names.js';
import { requestFields } from '../../shared/settings/request-fields.js';
import { shapeOf } from '../../shared/settings/shape-of.js';
import { healthCheck } from '../support/domain.js';

const rude = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', 'X', '-', ':', ' ', '\r', '\n', '\0', 'ÿ', '\u010d') }),
  fc.constantFrom('x-a', 'host', 'transfer-encoding', 'content-length', 'www.example', '[::1]'),
);

const storedHealthCheck = shapeOf(healthCheckSection, 'stored');

describe('a check', () => {
  it('is one request with what a log may hold', () => {
    fc.assert(
      fc.property(rude, rude, rude, (host, path, value) => {
        const settings = healthCheck({ host, path: `/${path}`, headers: { 'x-a': value } });
        if (storedHealthCheck.problem(settings, '') !== null) return;
        const sent = requestTo({ protocol: 'http', host: 'a.test', port: 80 }, settings);
        expect(Buffer.from(sent, 'latin1').toString('latin1')).toBe(sent);
        expect(sent.split(/[\r\n]+/)).toHaveLength(7);
        expect(sent).not.toContain('\0');
      }),
      { numRuns: 2_000 },
    );
  });

  it('is one request with the fields of the file', () => {
    fc.assert(
      fc.property(fc.dictionary(rude, rude, { maxKeys: 5 }), rude, (given, name) => {
        const [headers, host] = [requestFields.read(given), requestHost.read(name)];
        const settings = healthCheck({
          ...(headers instanceof Expected ? {} : { headers }),
          ...(host instanceof Expected ? {} : { host }),
        });
        const sent = requestTo({ protocol: 'http', host: 'a.test', port: 80 }, settings);
        const bytes = Buffer.from(sent, 'latin1').toString('latin1');
        expect(bytes).toBe(sent);
        const [head, ...rest] = bytes.split('\r\n\r\n');
        expect(rest).toEqual(['']);
        const [line, ...fields] = head!.split('\r\n');
        expect(line).toBe('GET /health HTTP/1.1');
        expect(fields.every((field) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\r\n\0]*$/.test(field))).toBe(true);
        const names = fields.map((field) => field.split(':', 1)[0]!.toLowerCase());
        expect(new Set(names).size).toBe(names.length);
        expect(names.filter((field) => /^(?:content-length|transfer-encoding)$/.test(field))).toEqual([]);
        const own = Object.keys(settings.headers).map((field) => field.toLowerCase());
        const ours = ['user-agent', 'accept'].filter((field) => !own.includes(field));
        expect(names).toEqual(['host', ...ours, ...own, 'connection']);
      }),
      { numRuns: 500 },
    );
  });
});
