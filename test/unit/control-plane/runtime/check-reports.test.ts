import { CheckReports } from '../../../../control-plane/runtime/check-reports.js';
import type { CommandDraft } from '../../../../control-plane/domain/commands.js';
import { backendId } from '../../../../shared/ids.js';
import { POOL } from '../../../support/domain.js';
import { VirtualTime } from '../../../support/virtual-time.js';

function result(name: string): CommandDraft {
  const checked = { at: 0, passed: true, durationMs: 3, status: 200 };
  const actor = { kind: 'health-check' } as const;
  return {
    type: 'RecordHealthCheck',
    pool: POOL,
    backend: backendId(name),
    generation: 1,
    result: checked,
    actor,
  };
}

function arrange() {
  const timers = new VirtualTime(0);
  const recorded: { readonly at: number; readonly draft: CommandDraft }[] = [];
  const lines: string[] = [];
  const line =
    (level: string) =>
    (fields: object): void =>
      void lines.push(`${level} ${JSON.stringify(fields)}`);
  const reports = new CheckReports({
    record: (draft) => recorded.push({ at: timers.now(), draft }),
    timers,
    logger: {
      debug: line('debug'),
      info: line('info'),
      warn: line('warn'),
      error: line('error'),
      fatal: line('fatal'),
    },
  });
  return { reports, recorded, lines, pass: (ms: number) => timers.pass(ms, () => undefined) };
}

describe('reports of health checks', () => {
  it('are recorded together when they come together, in order', async () => {
    const { reports, recorded, pass } = arrange();
    for (const name of ['a', 'b', 'c']) reports.result(result(name));
    expect(recorded).toEqual([]);
    await pass(5);
    expect(recorded.map(({ draft }) => draft)).toEqual(['a', 'b', 'c'].map(result));
    expect(new Set(recorded.map(({ at }) => at)).size).toBe(1);
    reports.result(result('d'));
    await pass(5);
    expect(recorded).toHaveLength(4);
  });

  it('are a warning when checks are late, and a line when they no longer are', () => {
    const { reports, lines } = arrange();
    reports.lagChanged({ behind: true, lateMs: 3_000, waiting: 70 });
    reports.lagChanged({ behind: false, lateMs: 0, waiting: 0 });
    expect(lines).toEqual(['warn {"lateMs":3000,"waiting":70}', 'info {"lateMs":0}']);
  });
});
