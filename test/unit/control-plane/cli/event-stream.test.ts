import { parseBlock, readMessages } from '../../../../control-plane/cli/event-stream.js';

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of source) all.push(each);
  return all;
}

describe('a stream of events', () => {
  const text =
    'retry: 1000\n\nid: 1\ndata: {"ä":"😀"}\n\n: still here\n\nevent: end\ndata: a\ndata: b\n\nid: 9\ndata: cut of';

  it.each([1, 2, 3, 7, 1_000])('is the same in pieces of %d bytes', async (size) => {
    const messages = await collect(readMessages(inPieces(text, size)));
    expect(messages).toEqual([
      { event: 'message', data: '{"ä":"😀"}', id: '1' },
      { event: 'end', data: 'a\nb', id: null },
    ]);
  });

  it('ends with an error when a message does not end', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield new Uint8Array(1_048_576).fill(120);
    }
    await expect(collect(readMessages(endless()))).rejects.toThrow('without end');
  });

  it('has fields with and without a blank after the colon', () => {
    expect(parseBlock('id:5\ndata:x')).toEqual({ event: 'message', data: 'x', id: '5' });
    expect(parseBlock('data')).toEqual({ event: 'message', data: '', id: null });
    expect(parseBlock(': comment')).toBeNull();
  });
});
