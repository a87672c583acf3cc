import {
  UPGRADE,
  createConnectionFields,
  isNominated,
  readConnection,
  type ConnectionFields,
} from '../../../../../data-plane/http1/wire/connection.js';
import { createFieldTable, lineName, scanFields } from '../../../../../data-plane/http1/wire/fields.js';

function read(lines: string): { connection: ConnectionFields; reason: string | null; nominated: string[] } {
  const table = createFieldTable(20);
  const text = `${lines}\r\n`;
  const bytes = Buffer.from(`..${text}`, 'latin1');
  scanFields(table, bytes, 2, 2);
  const connection = createConnectionFields();
  const reason = readConnection(connection, table, bytes, 2);
  const all = Array.from({ length: table.count }, (_, line) => line);
  const nominated = all
    .filter((line) => isNominated(connection, table, text, line))
    .map((line) => lineName(table, text, line));
  return { connection, reason, nominated };
}

describe('Connection', () => {
  it.each([
    ['X: y\r\n', { close: false, keepAlive: false, upgradeOption: false }],
    ['Connection: Close\r\n', { close: true, keepAlive: false }],
    [
      'Connection: keep-alive\r\nConnection: CLOSE , Upgrade\r\n',
      { close: true, keepAlive: true, upgradeOption: true },
    ],
    ['Connection: closed, xclose\r\n', { close: false, nominationCount: 2 }],
    [
      'Connection: te, keep-alive, upgrade, proxy-connection, http2-settings, cookie, Set-Cookie\r\n',
      { nominationCount: 0 },
    ],
  ])('is a list of options: %j', (lines, expected) => {
    const { connection, reason } = read(lines);
    expect(reason).toBeNull();
    expect(connection).toMatchObject(expected);
  });

  it('nominates fields, whatever their case', () => {
    const { nominated } = read('X-A: 1\r\nConnection: x-a, X-Bb\r\nx-bb: 2\r\nX-Cc: 3\r\nX-A: 4\r\n');
    expect(nominated).toEqual(['X-A', 'x-bb', 'X-A']);
  });

  it.each([
    ['Connection: a b\r\n', 'connection'],
    ['Connection: a;b\r\n', 'connection'],
    [`Connection: ${'x,'.repeat(17)}\r\n`, 'connection'],
    ['Connection: HOST\r\n', 'connection_nominates'],
    ['Upgrade: ,\r\n', 'upgrade'],
    ['Upgrade: a,\r\n', 'upgrade'],
    ['Upgrade: a b\r\n', 'upgrade'],
    ['Upgrade: /1\r\n', 'upgrade'],
    ['Upgrade: a/ ,b\r\n', 'upgrade'],
  ])('is refused: %j', (lines, reason) => {
    expect(read(lines).reason).toBe(reason);
  });
});

describe('Upgrade', () => {
  it.each([
    ['Upgrade: websocket\r\n', UPGRADE.none],
    ['Connection: upgrade\r\n', UPGRADE.none],
    ['Connection: upgrade\r\nUpgrade: WebSocket\r\n', UPGRADE.websocket],
    ['Upgrade: websocket\r\nConnection: Upgrade\r\n', UPGRADE.websocket],
    ['Connection: upgrade\r\nUpgrade: h2c\r\n', UPGRADE.other],
    ['Connection: upgrade\r\nUpgrade: websockex\r\n', UPGRADE.other],
    ['Connection: upgrade\r\nUpgrade: websocket, h2c\r\n', UPGRADE.other],
    ['Connection: upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n', UPGRADE.other],
    ['Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: websocket\r\n', UPGRADE.other],
    ['Connection: upgrade\r\nUpgrade: a/1\t,\tb/2 \r\n', UPGRADE.other],
  ])('counts together with the option: %j', (lines, upgrade) => {
    const { connection, reason } = read(lines);
    expect(reason).toBeNull();
    expect(connection.upgrade).toBe(upgrade);
  });
});
