/**
 * The laws that hold between our reading of a stream and node's, as a function that names the first one broken:
 * what we accept node accepts, as the same messages, but for what it has no word for; what we send on node reads as the same one message; and how the
 * stream was cut, and what stands in memory behind it, changes nothing.
 */
import { METHODS } from 'node:http';
import { seededRandom } from '../../../shared/prng.js';
import type { Random } from '../../../shared/ports.js';
import { CHUNKED_OUTPUT } from '../../../data-plane/http1/wire/chunked.js';
import { UPGRADE } from '../../../data-plane/http1/wire/connection.js';
import { generateCuts, generateStream, pick } from './generate.js';
import { askNode, type OracleMessage } from './node-oracle.js';
import { transcribe, type Message, type ReadingOptions, type Transcript } from './transcript.js';

const POISON: readonly string[] = ['', '\r\n\r\n', '\n', '0\r\n\r\n', 'xxxxxxxxxx'];

export interface FuzzTotals {
  streams: number;
  messages: number;
  refused: number;
}

/** Generates and checks the stream of this seed. `null`: every law holds; else what is broken, with the stream. */
export function checkSeed(seed: number, totals: FuzzTotals): string | null {
  const random = seededRandom(seed);
  const side = random() < 0.6 ? 'request' : 'response';
  const stream = generateStream(random, side);
  const options: ReadingOptions = {
    side,
    method: pick(random, ['GET', 'HEAD', 'POST']),
    upgrade: random() < 0.5 ? UPGRADE.websocket : UPGRADE.none,
    output: pick(random, [CHUNKED_OUTPUT.chunks, CHUNKED_OUTPUT.chunksWithoutTrailers]),
    ends: true,
  };
  const whole = transcribe(stream, options);
  totals.streams++;
  totals.messages += whole.messages.length;
  if (whole.refusal !== null) totals.refused++;
  const broken = checkCuts(random, stream, options, whole) ?? checkNode(stream, options, whole);
  return broken === null
    ? null
    : `seed ${seed}: ${broken}: ${JSON.stringify(stream)} ${JSON.stringify(whole)}`;
}

function checkCuts(
  random: Random,
  stream: string,
  options: ReadingOptions,
  whole: Transcript,
): string | null {
  const cut = transcribe(stream, {
    ...options,
    cuts: generateCuts(random, stream.length),
    poison: pick(random, POISON),
  });
  if (same(forComparison(whole), forComparison(cut))) return null;
  return `another verdict when cut: ${JSON.stringify(cut)}`;
}

/** What was sent on of a message that was then refused depends on the cuts; nothing else does. */
function forComparison(transcript: Transcript): unknown {
  const { messages, refusal } = transcript;
  if (refusal === null) return transcript;
  const last = messages.at(-1);
  const broken = last !== undefined && !last.whole;
  return { refusal, messages: broken ? [...messages.slice(0, -1), last.start, last.fields] : messages };
}

function checkNode(stream: string, options: ReadingOptions, ours: Transcript): string | null {
  const theirs = askNode(stream, options);
  for (const [index, message] of ours.messages.entries()) {
    if (!message.whole) break;
    if (isBeyondNode(options, message)) return checkForwarded(options, message);
    const other = theirs.messages[index];
    const difference = compare(message, other);
    if (difference !== null) return `${difference}, node says ${theirs.error}: ${JSON.stringify(other)}`;
    const sentOn = checkForwarded(options, message);
    if (sentOn !== null) return sentOn;
    // Node stops reading at every request to upgrade, those too that we answer as if they did not ask.
    if (other?.upgrade === true) break;
  }
  return null;
}

function compare(ours: Message, theirs: OracleMessage | undefined): string | null {
  if (theirs === undefined) return 'we accept a head that node refuses';
  if (theirs.upgrade) return null;
  if (!theirs.whole) return 'we accept a body that node refuses';
  if (ours.start !== theirs.start) return 'another start line';
  if (ours.contentBytes !== theirs.contentBytes) return 'another length';
  return same(ours.fields, theirs.fields.map(trim)) ? null : 'other fields';
}

/** Read by us on purpose, and refused by node: methods that it does not know, and a length that a response says several times. */
function isBeyondNode({ side }: ReadingOptions, { start, fields }: Message): boolean {
  if (side === 'request') return !METHODS.includes(start.split(' ')[0] ?? '');
  const lengths = fields.filter(
    (_value, at) => at % 2 === 1 && /^content-length$/i.test(fields[at - 1] ?? ''),
  );
  return lengths.length > 1 || lengths.some((value) => value.includes(','));
}

function checkForwarded(options: ReadingOptions, message: Message): string | null {
  const isKnown = !isBeyondNode(options, message) || options.side === 'response';
  const text = isKnown ? message.forwarded : message.forwarded.replace(/^\S+/, 'PUT');
  const { messages, error } = askNode(text, options);
  const [only] = messages;
  if (error !== null) return `what we send on node refuses with ${error}`;
  if (only === undefined || messages.length !== 1) return 'what we send on is another number of messages';
  if (!only.upgrade && only.contentBytes !== message.contentBytes) {
    return 'what we send on has another length';
  }
  return null;
}

function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
