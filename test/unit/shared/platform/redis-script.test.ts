import type { RedisAnswer } from '../../../../shared/platform/redis-answer.js';
import { RedisScript } from '../../../../shared/platform/redis-script.js';
import { monotonicMs } from '../../../../shared/platform/system-clock.js';

const NOSCRIPT: RedisAnswer = { ok: false, kind: 'refused', code: 'NOSCRIPT', reason: 'NOSCRIPT' };

describe('a script', () => {
  it('that the server does not have is sent within what is left of the deadline', async () => {
    const calls: { readonly command: string; readonly deadlineMs: number | undefined }[] = [];
    const connection = {
      call: async (command: string, _args: unknown, deadlineMs?: number): Promise<RedisAnswer> => {
        calls.push({ command, deadlineMs });
        // The server takes 5 ms to answer.
        for (const until = monotonicMs() + 5; monotonicMs() < until;);
        return command === 'EVALSHA' ? NOSCRIPT : { ok: true, value: 4 };
      },
    };
    expect(await new RedisScript('return 4').run(connection, [], [], 40)).toEqual({ ok: true, value: 4 });
    const [first, second] = calls;
    expect(first).toEqual({ command: 'EVALSHA', deadlineMs: 40 });
    expect(second?.command).toBe('EVAL');
    expect(second?.deadlineMs).toBeLessThanOrEqual(35);
    expect(second?.deadlineMs).toBeGreaterThanOrEqual(0);
  });

  it('is sent with the deadline of the connection where none is given', async () => {
    const deadlines: (number | undefined)[] = [];
    const connection = {
      call: async (command: string, _args: unknown, deadlineMs?: number): Promise<RedisAnswer> => {
        deadlines.push(deadlineMs);
        return command === 'EVALSHA' ? NOSCRIPT : { ok: true, value: 4 };
      },
    };
    await new RedisScript('return 4').run(connection, [], []);
    expect(deadlines).toEqual([undefined, undefined]);
  });
});
