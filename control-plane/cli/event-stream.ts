/**
 * Reads a stream of server-sent events (WHATWG HTML §9.2): turns text in pieces of any size into messages. It knows
 * only the fields that Tidegate sends.
 */
export interface StreamMessage {
  readonly event: string;
  readonly data: string;
  readonly id: string | null;
}

/** Longest message, in UTF-16 units. A longer one is not from Tidegate. */
const MAX_MESSAGE_LENGTH = 16_777_216;

/** @param heard called whenever a whole message or comment has arrived */
export async function* readMessages(
  stream: AsyncIterable<Uint8Array>,
  heard: () => void = () => undefined,
): AsyncGenerator<StreamMessage> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > MAX_MESSAGE_LENGTH) throw new Error('the stream has a message without end');
    if (blocks.length > 0) heard();
    for (const block of blocks) {
      const message = parseBlock(block);
      if (message !== null) yield message;
    }
  }
}

/** `null` if the block has no data, only comments and other fields. */
export function parseBlock(block: string): StreamMessage | null {
  let event = 'message';
  let id: string | null = null;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') event = value;
    else if (field === 'id') id = value;
    else if (field === 'data') data.push(value);
  }
  return data.length === 0 ? null : { event, data: data.join('\n'), id };
}
