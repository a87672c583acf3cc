import { parseBenchOptions } from '../../bench/bench-options.js';
import { SCENARIOS } from '../../bench/scenarios.js';
import { SUBJECTS } from '../../bench/subjects.js';

describe('parseBenchOptions', () => {
  it('measures everything in five rounds when told nothing', () => {
    const options = parseBenchOptions([]);
    expect(options).toEqual({ rounds: 5, scenarios: SCENARIOS, subjects: SUBJECTS, jsonFile: null });
  });

  it('takes a selection in the order given', () => {
    const options = parseBenchOptions(
      '--rounds 3 --scenario tls,small-get --subjects haproxy,nginx --requests 200 --json out.json'.split(
        ' ',
      ),
    );
    expect(options.rounds).toBe(3);
    expect(options.scenarios.map(({ name, requests }) => [name, requests])).toEqual([
      ['tls', 200],
      ['small-get', 200],
    ]);
    expect(options.subjects.map(({ name }) => name)).toEqual(['haproxy', 'nginx']);
    expect(options.jsonFile).toBe('out.json');
  });

  it('is quick in one round with a tenth of the requests', () => {
    const { rounds, scenarios } = parseBenchOptions(['--quick', '--scenario', 'small-get,idle-connections']);
    expect(rounds).toBe(1);
    expect(scenarios.map(({ requests, connections }) => [requests, connections])).toEqual([
      [3_000, 64],
      [2_000, 400],
    ]);
  });

  it.each([
    [['--rounds', '0'], '--rounds: expected a whole number from 1 to 1000'],
    [['--requests', '1e3'], '--requests: expected'],
    [['--scenario', 'smal-get'], '--scenario: no “smal-get”; there are small-get'],
    [['--subjects', ''], '--subjects: no “”'],
    [['--fast'], '--fast'],
  ])('refuses %j', (args, message) => {
    expect(() => parseBenchOptions(args)).toThrow(message);
  });
});
