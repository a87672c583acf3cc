/**
 * Law: what the wire modules accept, node's strict parser accepts as the same messages, and what is sent on of them it reads as
 * exactly one message. The same comparison runs on a million streams by `test/bench/http1-fuzz.ts`.
 */
import { checkSeed, type FuzzTotals } from '../support/http1-wire/compare-with-node.js';
import { askNode } from '../support/http1-wire/node-oracle.js';

const STREAMS = 30_000;
const FIRST_SEED = 5_000_000;

describe('against the parser of node:http', () => {
  it(`nothing more is accepted, in ${STREAMS} streams`, () => {
    const totals: FuzzTotals = { streams: 0, messages: 0, refused: 0 };
    for (let seed = FIRST_SEED; seed < FIRST_SEED + STREAMS; seed++) {
      const difference = checkSeed(seed, totals);
      if (difference !== null) throw new Error(difference);
    }
    // The comparison is worth something only while both verdicts are common.
    expect(totals.messages).toBeGreaterThan(STREAMS / 4);
    expect(totals.refused).toBeGreaterThan(STREAMS / 4);
  });

  it('node is asked without leniency', () => {
    expect(askNode('GET / HTTP/1.1\nHost: a\n\n', { side: 'request' }).error).not.toBeNull();
    const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n';
    expect(askNode(chunked, { side: 'request' }).error).not.toBeNull();
    const both = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(askNode(both, { side: 'request' }).error).not.toBeNull();
    expect(askNode('GET / HTTP/1.1\r\nHost: a\r\n\r\n', { side: 'request' })).toMatchObject({
      error: null,
      messages: [{ whole: true }],
    });
  });
});
