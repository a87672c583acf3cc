import {
  FIELD_VALUE,
  HEX,
  HOST_NAME,
  NOT_HEX,
  TARGET,
  TOKEN,
  isBlank,
  spells,
} from '../../../../../data-plane/http1/wire/chars.js';

const members = (table: Uint8Array): string =>
  [...table.keys()]
    .filter((byte) => table[byte] !== 0)
    .map((byte) => String.fromCharCode(byte))
    .join('');

describe('a character class', () => {
  it('of tokens is tchar (RFC 9110 §5.6.2)', () => {
    expect(members(TOKEN)).toMatch(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{77}$/);
  });

  it('of field values leaves out control characters, except the tab', () => {
    expect(members(FIELD_VALUE)).toMatch(/^[\t\x20-\x7e\x80-\xff]{224}$/);
  });

  it('of targets is visible ASCII without the number sign', () => {
    expect(members(TARGET)).toMatch(/^[!"$-~]{93}$/);
  });

  it('of host names has neither separators nor percent signs', () => {
    expect(members(HOST_NAME)).toMatch(/^[-._0-9A-Za-z]{65}$/);
  });

  it('of hexadecimal digits gives their value', () => {
    expect([HEX[0x30], HEX[0x39], HEX[0x61], HEX[0x46]]).toEqual([0, 9, 10, 15]);
    expect([...HEX].filter((value) => value !== NOT_HEX)).toHaveLength(22);
  });

  it('of white space is space and tab', () => {
    expect([' ', '\t', '\r', '\n', '\x0b'].map((text) => isBlank(text.charCodeAt(0)))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('a word', () => {
  it('is compared without regard to case', () => {
    const bytes = Buffer.from('xChUnKeD', 'latin1');
    expect(spells(bytes, 1, 'chunked')).toBe(true);
    expect(spells(bytes, 0, 'chunked')).toBe(false);
    expect(spells(bytes, 2, 'hunkedx')).toBe(false);
  });
});
