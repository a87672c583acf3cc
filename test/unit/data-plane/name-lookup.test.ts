import type { LookupFunction } from 'node:net';
import { nameLookup } from '../../../data-plane/name-lookup.js';
import { OutcomeBatch } from '../../../data-plane/reports/outcome-batch.js';
import { aBackend, aPool, aSnapshot, tableOf } from '../../support/routing-fixture.js';

const at = (host: string) => ({ address: { protocol: 'http', host, port: 80 } as const });

describe('the lookup of a worker', () => {
  function arrange() {
    const batch = new OutcomeBatch();
    const found = { addresses: ['10.0.0.3'] };
    const state = {
      table: tableOf(
        aSnapshot([
          aPool([aBackend('a', at('web.test')), aBackend('b', at('10.0.0.3'))]),
          aPool([aBackend('c', at('web.test')), aBackend('d', at('api.test'))], { id: 'other' }),
        ]),
      ),
    };
    const inner: LookupFunction = (_name, { all }, callback) => {
      const entries = found.addresses.map((address) => ({ address, family: 4 }));
      if (all === true) callback(null, entries);
      else callback(null, entries[0]?.address ?? '', 4);
    };
    const lookup = nameLookup({
      lookup: inner,
      outcomes: batch,
      table: () => state.table,
      monotonic: () => 0,
    });
    const ask = (name: string, all = true): unknown[] => {
      let answer: unknown[] = [];
      lookup(name, { all }, (...given) => (answer = given));
      return answer;
    };
    const told = () => batch.take().map(({ backend, resolved }) => [backend, resolved]);
    return { ask, told, found, state };
  }

  it('answers as the one that it asks', () => {
    const { ask } = arrange();
    expect(ask('web.test')).toEqual([null, [{ address: '10.0.0.3', family: 4 }], undefined]);
    expect(ask('web.test', false)).toEqual([null, '10.0.0.3', 4]);
  });

  it('tells of each backend of that name, once', () => {
    const { ask, told } = arrange();
    ask('web.test');
    ask('web.test');
    expect(told()).toEqual([
      ['a', ['10.0.0.3']],
      ['c', ['10.0.0.3']],
    ]);
    expect(told()).toEqual([]);
  });

  it('tells when the name has moved, of backends of the newest table', () => {
    const { ask, told, found, state } = arrange();
    ask('web.test');
    told();
    found.addresses = ['10.0.0.7'];
    state.table = tableOf(
      aSnapshot([aPool([aBackend('a', at('web.test'))])], { version: 2 }),
      {},
      state.table,
    );
    ask('web.test');
    expect(told()).toEqual([['a', ['10.0.0.7']]]);
  });
});
