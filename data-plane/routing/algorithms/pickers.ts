/** The picker of each algorithm. */
import type { Algorithm } from '#shared/settings.js';
import type { BackendEntry } from '../backend-entry.js';
import { LeastConnections } from './least-connections.js';
import type { Picker, PickerStart } from './picker.js';
import { WeightedRandom } from './random.js';
import { RoundRobin } from './round-robin.js';
import { WeightedRoundRobin } from './weighted-round-robin.js';

type PickerClass = new (serving: readonly BackendEntry[], start: PickerStart) => Picker;

const PICKERS: Readonly<Record<Algorithm, PickerClass>> = {
  'round-robin': RoundRobin,
  'weighted-round-robin': WeightedRoundRobin,
  'least-connections': LeastConnections,
  random: WeightedRandom,
};

export function pickerFor(
  algorithm: Algorithm,
  serving: readonly BackendEntry[],
  start: PickerStart,
): Picker {
  return new PICKERS[algorithm](serving, start);
}
