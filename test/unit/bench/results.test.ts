import type { Measurement } from '../../bench/measure.js';
import { aligned, resultsOf, tableOf } from '../../bench/results.js';
import { SCENARIOS, type Scenario } from '../../bench/scenarios.js';

const scenarioNamed = (name: string): Scenario => SCENARIOS.find((scenario) => scenario.name === name)!;
const rounds = (...values: number[]): Map<number, Measurement> =>
  new Map(values.map((value, round) => [round, { forwarding: value, all: value + 1, busy: 0.5 }]));
const REFERENCES = { plain: 'nginx', fitted: 'nginx-fitted' };

describe('resultsOf', () => {
  it('gives the median of the ratios of each round, not the ratio of the medians', () => {
    const measured = new Map([
      ['nginx', rounds(10, 20, 100)],
      ['other', rounds(20, 20, 120)],
    ]);
    const [, other] = resultsOf(scenarioNamed('small-get'), measured, REFERENCES);
    expect(other).toMatchObject({
      subject: 'other',
      unit: 'µs/request',
      forwarding: { median: 20, min: 20, max: 120 },
      all: { median: 21 },
      ratio: { median: 1.2, min: 1, max: 2 },
      ratioFitted: null,
      busy: 0.5,
    });
  });

  it('compares with both forms of the reference', () => {
    const measured = new Map([
      ['nginx', rounds(10)],
      ['nginx-fitted', rounds(5)],
      ['other', rounds(10)],
    ]);
    const other = resultsOf(scenarioNamed('body-64k'), measured, REFERENCES)[2];
    expect([other?.ratio?.median, other?.ratioFitted?.median]).toEqual([1, 2]);
  });

  it('compares a subject with its twin', () => {
    const measured = new Map([
      ['tidegate', rounds(12, 30)],
      ['tidegate without', rounds(10, 20)],
    ]);
    const [itself, twin] = resultsOf(scenarioNamed('sticky'), measured, REFERENCES);
    expect([itself?.ratioTwin?.median, twin?.ratioTwin]).toEqual([1.35, null]);
    expect(tableOf(scenarioNamed('sticky'), [itself!]).split('\n')[1]).toMatch(/busy +ratio to without$/);
  });

  it('says nothing about a subject that was never measured, and gives no ratio without a reference', () => {
    const measured = new Map([
      ['nginx', rounds()],
      ['other', rounds(7)],
    ]);
    const results = resultsOf(scenarioNamed('small-get'), measured, REFERENCES);
    expect(results.map(({ subject, ratio }) => [subject, ratio])).toEqual([['other', null]]);
  });

  it('counts bytes per connection for idle connections', () => {
    const [result] = resultsOf(
      scenarioNamed('idle-connections'),
      new Map([['nginx', rounds(512)]]),
      REFERENCES,
    );
    expect(result?.unit).toBe('bytes/connection');
  });
});

describe('tableOf', () => {
  it('writes a line for each subject, and the ratio to fitted buffers where there are any', () => {
    const scenario = scenarioNamed('body-64k');
    const measured = new Map([
      ['nginx', rounds(10)],
      ['nginx-fitted', rounds(5)],
    ]);
    const lines = tableOf(scenario, resultsOf(scenario, measured, REFERENCES)).split('\n');
    expect(lines[1]).toMatch(/ratio to nginx +range +busy +ratio to fitted$/);
    expect(lines[2]).toMatch(
      /^nginx +10\.0 µs\/request +10\.0–10\.0 +11\.0 +1\.00 +1\.00–1\.00 +50 % +2\.00$/,
    );
  });

  it('leaves a dash where there is no ratio', () => {
    const scenario = scenarioNamed('idle-connections');
    const table = tableOf(scenario, resultsOf(scenario, new Map([['other', rounds(512)]]), REFERENCES));
    expect(table.split('\n')[2]).toMatch(/^other +512 bytes\/connection +512–512 +513 +–$/);
  });
});

describe('aligned', () => {
  it('makes each column as wide as its widest cell', () => {
    expect(
      aligned([
        ['a', '1'],
        ['bbb', '22', 'c'],
      ]),
    ).toEqual(['a     1', 'bbb  22  c']);
  });
});
