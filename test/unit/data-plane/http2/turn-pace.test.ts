import { REQUESTS_PER_TURN, TurnPace } from '../../../../data-plane/http2/turn-pace.js';

describe('the pace of a worker', () => {
  let turns: (() => void)[];
  let begun: string[];
  let pace: TurnPace;
  const connections = new Map<string, object>();
  const add = (name: string): void => {
    const key = name.charAt(0);
    const connection = connections.get(key) ?? {};
    connections.set(key, connection);
    pace.add(connection, () => begun.push(name));
  };
  const turn = (): readonly string[] => {
    begun = [];
    turns.shift()?.();
    return begun;
  };

  beforeEach(() => {
    turns = [];
    begun = [];
    pace = new TurnPace((work) => turns.push(work));
  });

  it('begins nothing while it is asked to', () => {
    add('a1');
    expect(begun).toEqual([]);
    expect(turns).toHaveLength(1);
  });

  it('begins what came in one turn in the next, in its order', () => {
    add('a1');
    add('a2');
    expect(turns).toHaveLength(1);
    expect(turn()).toEqual(['a1', 'a2']);
    expect(turns).toHaveLength(0);
  });

  it('leaves for later turns what is too much for one', () => {
    const names = Array.from({ length: 2 * REQUESTS_PER_TURN + 1 }, (_, i) => `a${i}`);
    for (const name of names) add(name);
    expect(turn()).toEqual(names.slice(0, REQUESTS_PER_TURN));
    expect(turn()).toEqual(names.slice(REQUESTS_PER_TURN, 2 * REQUESTS_PER_TURN));
    expect(turn()).toEqual(names.slice(2 * REQUESTS_PER_TURN));
    expect(turns).toHaveLength(0);
  });

  it('asks what work costs when its turn has come: what was given up meanwhile leaves the turn to others', () => {
    for (let i = 0; i < 10 * REQUESTS_PER_TURN; i += 1) {
      pace.add(
        {},
        () => begun.push('lost'),
        () => 0.01,
      );
    }
    add('b1');
    expect(turn().at(-1)).toBe('b1');
    expect(turns).toHaveLength(0);
  });

  it('lets connections take turns, so that the second waits for one request of the first', () => {
    for (let i = 0; i < 1_000; i += 1) add(`a${i}`);
    add('b1');
    add('b2');
    expect(turn().slice(0, 5)).toEqual(['a0', 'b1', 'a1', 'b2', 'a2']);
  });

  it('goes on with the connection whose turn it is', () => {
    const many = Array.from({ length: REQUESTS_PER_TURN + 2 }, (_, i) => String.fromCharCode(0x100 + i));
    for (const name of many) {
      add(`${name}1`);
      add(`${name}2`);
    }
    turn();
    expect(turn().slice(0, 3)).toEqual([`${many.at(-2)}1`, `${many.at(-1)}1`, `${many[0]}2`]);
  });

  it('lets what costs more leave room for less', () => {
    pace.add({}, () => begun.push('dear'), REQUESTS_PER_TURN);
    add('b1');
    expect(turn()).toEqual(['dear']);
    expect(turn()).toEqual(['b1']);
  });

  it('runs what costs nothing', () => {
    pace.add({}, () => begun.push('free'), 0);
    expect(turn()).toEqual(['free']);
  });

  it('begins what comes while it begins others in the same turn, if that has room', () => {
    pace.add({}, () => add('b1'));
    expect(turn()).toEqual(['b1']);
    expect(turn()).toEqual([]);
    expect(turns).toHaveLength(0);
  });
});
