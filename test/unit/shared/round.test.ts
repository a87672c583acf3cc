import { round3 } from '../../../shared/round.js';

it.each([
  [0, 0],
  [1.23456, 1.235],
  [0.1 + 0.2, 0.3],
  [1_767_225_600_000.25, 1_767_225_600_000.25],
  [-2.00051, -2.001],
])('%f has three decimals: %f', (value, rounded) => {
  expect(round3(value)).toBe(rounded);
});
