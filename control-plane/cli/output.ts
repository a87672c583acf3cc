/** Prints for the commands: with colours if they are wanted, and with one colour for each availability. */
import { styleText } from 'node:util';
import type { Availability } from '#shared/backend-state.js';

export type Style = Parameters<typeof styleText>[0];

/** Adds colour if standard output is a terminal and NO_COLOR is not set. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

export function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Width of the terminal in characters; infinite if standard output is not a terminal, so that nothing is cut. */
export function outputWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : Infinity;
}

export function availabilityStyle(availability: Availability): Style {
  switch (availability) {
    case 'available':
      return 'green';
    case 'trial':
    case 'draining':
    case 'unchecked':
    case 'maintenance':
      return 'yellow';
    case 'unhealthy':
    case 'ejected':
      return ['red', 'bold'];
  }
}
