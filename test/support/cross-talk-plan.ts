/** What one exchange of the cross-talk test is to be like; it travels to the backend in the target. Pure. */
import type { Random } from '../../shared/ports.js';

/** Around the sizes at which the engine changes how it treats bytes, and several times what buffers take. */
const SIZES = [4_096, 16_384, 65_536, 131_072].flatMap((size) => [size - 1, size, size + 1]);
const SMALL = [0, 1, 700];
/** A kernel takes 4 MB for a reader that has stalled. */
const LARGE = [300_000, 5_000_000, 7_000_000];
const PIECES = [1_000, 4_097, 16_384, 65_536, 262_144, 8_000_000];

export type Framing = 'length' | 'chunked' | 'close';
/** reset: the backend breaks the connection at the first attempt. cut: within its answer. early: answers before it has read. */
export type Misdeed = 'none' | 'reset' | 'cut' | 'early' | 'leave';
export type Pace = 'fast' | 'slow' | 'stalled';

export interface Side {
  readonly size: number;
  readonly framing: Framing;
  /** Bytes per write. */
  readonly piece: number;
  /** How the other end reads it. */
  readonly pace: Pace;
}

export interface Plan {
  readonly id: string;
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly request: Side;
  readonly response: Side;
  readonly misdeed: Misdeed;
  /** After how many bytes the misdeed happens. */
  readonly after: number;
  /** Bytes in a header line, so that bodies do not begin at the same place of a read. */
  readonly padding: number;
}

export function pickOf<T>(random: Random, values: readonly T[]): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
}

function sizeOf(random: Random): number {
  const kind = random();
  return pickOf(random, kind < 0.15 ? SMALL : kind < 0.8 ? SIZES : LARGE);
}

function sideOf(random: Random, framings: readonly Framing[]): Side {
  const size = sizeOf(random);
  // Those who do not read hold up all that comes after: worth it where buffers are filled by that.
  const paces: readonly Pace[] = size < 1_000_000 ? ['fast', 'slow'] : ['fast', 'stalled', 'stalled'];
  return {
    size,
    framing: pickOf(random, framings),
    piece: pickOf(random, PIECES),
    pace: pickOf(random, paces),
  };
}

function misdeedOf(random: Random, method: Plan['method']): Misdeed {
  const chance = random();
  if (method === 'PUT' && chance < 0.35) return 'reset';
  if (chance < 0.85) return 'none';
  return pickOf(random, ['cut', 'early', 'leave']);
}

export function planOf(random: Random, number: number): Plan {
  const method = pickOf(random, ['GET', 'PUT', 'PUT', 'POST'] as const);
  const request = sideOf(random, ['length', 'chunked']);
  return {
    id: number.toString(36).padStart(6, '0'),
    method,
    request: method === 'GET' ? { ...request, size: 0, framing: 'length' } : request,
    response: sideOf(random, ['length', 'chunked', 'chunked', 'close']),
    misdeed: misdeedOf(random, method),
    after: Math.floor(random() * sizeOf(random)),
    padding: Math.floor(random() * 200),
  };
}

/** For the target of a request. */
export function targetOf(plan: Plan): string {
  return `/${encodeURIComponent(JSON.stringify(plan))}`;
}

export function planIn(target: string): Plan {
  return JSON.parse(decodeURIComponent(target.slice(1))) as Plan;
}
