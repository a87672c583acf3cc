import type { Actor } from '../../../../control-plane/domain/actor.js';
import {
  actorWords,
  breakerWords,
  healthWords,
  workerWords,
} from '../../../../control-plane/domain/event-words.js';
import { HOST, worker } from '../../../support/workers.js';

describe('the words of sentences', () => {
  it('names the host of a worker where it is not the own one, and is known', () => {
    expect(workerWords({ host: 'lb-1', n: 3 }, 'lb-1')).toBe('worker 3');
    expect(workerWords({ host: 'lb-2', n: 3 }, 'lb-1')).toBe('worker 3 of lb-2');
    expect(workerWords({ host: '', n: 3 }, 'lb-1')).toBe('worker 3');
  });

  it.each<[Actor, string]>([
    [{ kind: 'file', name: 'x.yaml' }, 'x.yaml (the file)'],
    [{ kind: 'api' }, 'the API'],
    [{ kind: 'health-check' }, 'the health-check'],
  ])('call %j %s', (actor, expected) => {
    expect(actorWords(actor)).toBe(expected);
  });

  it('shortens a long run to its last results', () => {
    const results = Array.from({ length: 7 }, (_, index) => ({
      at: index,
      passed: false,
      durationMs: 0,
      status: 500 + index,
    }));
    expect(healthWords({ kind: 'checks', results, threshold: 7 }, false)).toBe(
      '7 checks in a row failed (threshold 7): … 502, 503, 504, 505, 506',
    );
  });

  it('finds words for a check that tells little, or much', () => {
    const words = (result: object) =>
      healthWords(
        { kind: 'checks', results: [{ at: 0, passed: false, durationMs: 0, ...result }], threshold: 1 },
        false,
      );
    expect(words({})).toBe('1 check failed (threshold 1): no response');
    expect(words({ status: 404, error: 'unexpected status', durationMs: 3 })).toBe(
      '1 check failed (threshold 1): 404 (unexpected status) after 3 ms',
    );
  });

  it.each([
    [{ reason: 'reset' }, 'a trial by worker 3 failed: connection reset'],
    [{ reason: 'body' }, 'a trial by worker 3 failed: response broken off'],
    [{ reason: 'status', status: 503 }, 'a trial by worker 3 failed: status 503'],
    [{ reason: 'status' }, 'a trial by worker 3 failed: status 500, 502, 503 or 504'],
    [{}, 'a trial by worker 3 failed'],
  ] as const)('says why a trial failed, as far as that is known: %j', (cause, sentence) => {
    expect(breakerWords({ kind: 'trial-failed', worker: worker(3), ...cause }, HOST)).toBe(sentence);
  });
});
