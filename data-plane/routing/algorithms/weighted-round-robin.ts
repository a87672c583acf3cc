/**
 * Weighted round robin, smooth and exact: earliest deadline first, as in Envoy's EDF scheduler, with the deadlines of a
 * backend at even distances over the cycle, so that the heavy ones are spread like nginx's "smooth" rotation. Over a
 * cycle of sum(weights) picks, from wherever it is begun, each backend gets exactly its weight. O(log n) per pick.
 *
 * A deadline is (round, position / (STEP * weight)): whole numbers compared crosswise, so no error ever builds up.
 */
import type { BackendEntry } from '../backend-entry.js';
import { type BackendLoad, hasSlot } from '../backend-load.js';
import { type Picker, type PickerStart, isTried, startingPhase } from './picker.js';

/** Distance between two deadlines of one backend. Positions stay below STEP * 1,000 and cross products below 2^41. */
const STEP = 1_048_576;

/** A backend and its next deadline. */
interface Slot {
  readonly entry: BackendEntry;
  readonly weight: number;
  /** Order of the snapshot: settles equal deadlines. */
  readonly place: number;
  round: number;
  /** 0 to STEP * weight. */
  position: number;
}

/** A time in cycles, in two parts so that it stays exact however long the worker runs. */
interface CycleTime {
  readonly round: number;
  readonly fraction: number;
}

export class WeightedRoundRobin implements Picker {
  /** Binary heap, the earliest deadline first. */
  readonly #heap: Slot[] = [];
  /** Those that were due while they were full: out of the rotation until they have a free slot. */
  readonly #parked = new Map<BackendLoad, Slot>();

  constructor(entries: readonly BackendEntry[], start: PickerStart) {
    const slots = entries.map((entry, place) => ({
      entry,
      weight: entry.weight,
      place,
      round: 0,
      position: 0,
    }));
    const previous = start.previous instanceof WeightedRoundRobin ? start.previous.#handedOver() : [];
    const [earliest] = previous;
    if (earliest === undefined) begin(slots, startingPhase(start));
    else continueFrom(previous, deadlineOf(earliest), { slots, random: start.random });
    for (const slot of slots) push(this.#heap, slot);
  }

  next(tried: readonly BackendEntry[]): BackendEntry | null {
    const heap = this.#heap;
    const [earliest] = heap;
    if (earliest === undefined) return null;
    if (hasSlot(earliest.entry.load) && !isTried(tried, earliest.entry)) return takeTurn(heap, earliest);
    // Tried backends keep their deadlines: they are put back as they were taken out.
    const aside: Slot[] = [];
    let due: Slot | undefined = earliest;
    while (due !== undefined) {
      const { entry } = due;
      if (!hasSlot(entry.load)) this.#parked.set(entry.load, due);
      else if (isTried(tried, entry)) aside.push(due);
      else break;
      removeTop(heap);
      due = heap[0];
    }
    const found = due === undefined ? null : takeTurn(heap, due);
    for (const slot of aside) push(heap, slot);
    return found;
  }

  freed({ load }: BackendEntry): void {
    const slot = this.#parked.get(load);
    if (slot === undefined) return;
    this.#parked.delete(load);
    this.#catchUp(slot);
    push(this.#heap, slot);
  }

  /** All slots, the earliest first. */
  #handedOver(): Slot[] {
    const parked = [...this.#parked.values()];
    for (const slot of parked) this.#catchUp(slot);
    return [...this.#heap, ...parked];
  }

  /** Picks that a backend missed while it was full are not made up for: it is due now at the earliest. */
  #catchUp(slot: Slot): void {
    const [earliest] = this.#heap;
    if (earliest === undefined || !isEarlier(slot, earliest)) return;
    const now = deadlineOf(earliest);
    setDeadline(slot, now.round, Math.ceil(now.fraction * slot.weight * STEP));
  }
}

/** `top` is picked: its deadline moves on by one interval. */
function takeTurn(heap: Slot[], top: Slot): BackendEntry {
  setDeadline(top, top.round, top.position + STEP);
  siftDown(heap, top);
  return top.entry;
}

/** Backends of the same weight are staggered evenly; the worker begins at `phase` of the cycle. */
function begin(slots: readonly Slot[], phase: number): void {
  const members = new Map<number, Slot[]>();
  for (const slot of slots) {
    const equals = members.get(slot.weight);
    if (equals === undefined) members.set(slot.weight, [slot]);
    else equals.push(slot);
  }
  for (const equals of members.values()) {
    for (const [rank, slot] of equals.entries()) {
      const offset = Math.floor(((rank + 0.5) / equals.length) * STEP);
      setFirstDeadline(slot, { round: 0, fraction: phase }, offset);
    }
  }
}

/**
 * Backends that stay keep their deadline, or where their weight changed the share of the interval that was left; new ones
 * begin somewhere within their first interval.
 */
function continueFrom(
  previous: readonly Slot[],
  now: CycleTime,
  next: { readonly slots: readonly Slot[]; readonly random: () => number },
): void {
  const known = new Map<BackendLoad, Slot>();
  for (const slot of previous) known.set(slot.entry.load, slot);
  for (const slot of next.slots) {
    const before = known.get(slot.entry.load);
    if (before === undefined) {
      setFirstDeadline(slot, now, Math.floor(next.random() * STEP));
    } else if (before.weight === slot.weight) {
      setDeadline(slot, before.round, before.position);
    } else {
      const left = (before.round - now.round - now.fraction) * before.weight * STEP + before.position;
      const share = Math.min(STEP, Math.max(0, Math.round(left)));
      setDeadline(slot, now.round, Math.ceil(now.fraction * slot.weight * STEP) + share);
    }
  }
}

function deadlineOf(slot: Slot): CycleTime {
  return { round: slot.round, fraction: slot.position / (slot.weight * STEP) };
}

/** The first of the deadlines `offset`, `offset + STEP`, … of a round that is not before `time`. */
function setFirstDeadline(slot: Slot, time: CycleTime, offset: number): void {
  const step = Math.ceil(time.fraction * slot.weight - offset / STEP);
  setDeadline(slot, time.round, Math.max(0, step) * STEP + offset);
}

function setDeadline(slot: Slot, round: number, position: number): void {
  const length = slot.weight * STEP;
  const rounds = Math.floor(position / length);
  slot.round = round + rounds;
  slot.position = position - rounds * length;
}

function isEarlier(a: Slot, b: Slot): boolean {
  if (a.round !== b.round) return a.round < b.round;
  const crosswise = a.position * b.weight - b.position * a.weight;
  return crosswise === 0 ? a.place < b.place : crosswise < 0;
}

function push(heap: Slot[], slot: Slot): void {
  let hole = heap.push(slot) - 1;
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !isEarlier(slot, above)) break;
    heap[hole] = above;
    hole = parent;
  }
  heap[hole] = slot;
}

function removeTop(heap: Slot[]): void {
  const last = heap.pop();
  if (last !== undefined && heap.length > 0) siftDown(heap, last);
}

/** Puts `slot` in the place of the top and lets it sink. */
function siftDown(heap: Slot[], slot: Slot): void {
  let hole = 0;
  for (;;) {
    let child = 2 * hole + 1;
    let below = heap[child];
    const right = heap[child + 1];
    if (below !== undefined && right !== undefined && isEarlier(right, below)) {
      child += 1;
      below = right;
    }
    if (below === undefined || !isEarlier(below, slot)) break;
    heap[hole] = below;
    hole = child;
  }
  heap[hole] = slot;
}
