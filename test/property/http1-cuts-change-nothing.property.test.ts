/** Law: how a stream is cut into pieces, and what stands in memory behind them, changes nothing of what is read. */
import fc from 'fast-check';
import { CHUNKED_OUTPUT } from '../../data-plane/http1/wire/chunked.js';
import { seededRandom } from '../../shared/prng.js';
import { generateCuts, generateStream } from '../support/http1-wire/generate.js';
import { transcribe, type ReadingOptions, type Transcript } from '../support/http1-wire/transcript.js';

/** How much of a message was sent on before it was refused depends on the cuts; nothing else does. */
function comparable({ messages, refusal, rest }: Transcript): unknown {
  if (refusal === null) return { messages, rest };
  return { refusal, messages: messages.map((message) => (message.whole ? message : message.start)) };
}

function checkCuts(stream: string, options: ReadingOptions): void {
  const whole = comparable(transcribe(stream, options));
  const byteByByte = Array.from({ length: stream.length }, (_, index) => index);
  expect(comparable(transcribe(stream, { ...options, cuts: byteByByte, poison: '\r\n\r\n' }))).toEqual(whole);
}

const output = fc.constantFrom(...Object.values(CHUNKED_OUTPUT));
const side = fc.constantFrom('request' as const, 'response' as const);

describe('cutting a stream', () => {
  it('changes nothing, whatever the stream is made of', () => {
    fc.assert(
      fc.property(fc.integer(), side, output, fc.string({ maxLength: 12 }), (seed, from, form, poison) => {
        const random = seededRandom(seed);
        const stream = generateStream(random, from);
        const options: ReadingOptions = { side: from, output: form };
        checkCuts(stream, options);
        const cuts = generateCuts(random, stream.length);
        expect(comparable(transcribe(stream, { ...options, cuts, poison }))).toEqual(
          comparable(transcribe(stream, options)),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('changes nothing where limits are met', () => {
    const limits = { headBytes: 60, headerCount: 3, targetBytes: 12 };
    fc.assert(
      fc.property(fc.integer(), side, (seed, from) => {
        checkCuts(generateStream(seededRandom(seed), from), { side: from, limits });
      }),
      { numRuns: 1_000 },
    );
  });

  it('changes nothing in random bytes, and nothing throws', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array).toString('latin1'));
    const start = fc.constantFrom(
      '',
      'GET / HTTP/1.1\r\nHost: a\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
      'HTTP/1.1 200 OK\r\n',
    );
    fc.assert(
      fc.property(start, bytes, side, (begin, tail, from) => checkCuts(begin + tail, { side: from })),
      { numRuns: 3_000 },
    );
  });
});
