/** What the commands print with: colours where they are wanted, and the words and colours of states. */
import { styleText } from 'node:util';
import type { Availability } from '#shared/backend-state.js';

export type Style = Parameters<typeof styleText>[0];

/** Coloured where standard output is a terminal and nobody asked for none (NO_COLOR). */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

export function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Width of the terminal; endless where output goes elsewhere, so that nothing is cut there. */
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
