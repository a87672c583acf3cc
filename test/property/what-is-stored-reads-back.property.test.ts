import fc from 'fast-check';
import {
  canonicalJson,
  decodeEvent,
  decodeJournalEntry,
  decodeState,
  encodeEvent,
  encodeJournalEntry,
  encodeState,
} from '../../control-plane/event-log/codec.js';
import type { EventLogError } from '../../control-plane/event-log/event-log.js';
import { JournalCompressor } from '../../control-plane/domain/journal-compressor.js';
import { upcast } from '../../control-plane/domain/upcast.js';
import { live } from '../support/random-history.js';
import { anyHistory } from '../support/random-steps.js';

describe('what the event log stores reads back', () => {
  it('as it was, whatever happened: events, journal and state', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        const compressor = new JournalCompressor();
        const world = live(steps, ({ command, before, decision }) => {
          if (decision.kind !== 'accepted') return;
          for (const event of decision.events) expect(decodeEvent(encodeEvent(event), upcast)).toEqual(event);
          const entries = [
            ...compressor.step(command, decision, before),
            ...compressor.segment(decision.world, command.at),
          ];
          for (const entry of entries) {
            const text = encodeJournalEntry(entry);
            expect(encodeJournalEntry(decodeJournalEntry(text))).toBe(text);
            // Through JSON: a key without a value is not stored.
            expect(decodeJournalEntry(text)).toEqual(JSON.parse(JSON.stringify(entry)));
          }
        });
        expect(decodeState(encodeState(world.state))).toEqual(world.state);
      }),
      { numRuns: 100 },
    );
  });

  it('or is refused by name, when a text was changed', () => {
    fc.assert(
      fc.property(anyHistory, fc.nat(), fc.string({ maxLength: 3 }), (steps, place, other) => {
        const texts: (() => unknown)[] = [];
        const change = (text: string): string => {
          const at = place % text.length;
          return text.slice(0, at) + other + text.slice(at + 1);
        };
        const world = live(steps, ({ command, decision }) => {
          if (decision.kind !== 'accepted') return;
          for (const event of decision.events) {
            texts.push(() => decodeEvent(change(encodeEvent(event)), upcast));
          }
          const entry = { kind: 'command', at: command.at, command } as const;
          texts.push(() => decodeJournalEntry(change(encodeJournalEntry(entry))));
        });
        texts.push(() => decodeState(change(encodeState(world.state))));
        for (const decode of texts) {
          try {
            decode();
          } catch (error) {
            expect((error as EventLogError).kind).toMatch(/^(corrupt|too-new)$/);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('as the same text for equal values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const shuffled: unknown = JSON.parse(JSON.stringify(value), (_key, inner: unknown) =>
          typeof inner === 'object' && inner !== null && !Array.isArray(inner)
            ? Object.fromEntries(Object.entries(inner).reverse())
            : inner,
        );
        expect(canonicalJson(shuffled)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
