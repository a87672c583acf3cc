import { sharedSigningKey, sharedTicketKeys } from '../../../../control-plane/runtime/shared-keys.js';

const SECRET = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const HALF_DAY = 43_200_000;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('keys made from the secret of all hosts', () => {
  it('are the same in every release, because hosts of two releases serve side by side', () => {
    const key = sharedSigningKey(SECRET);
    expect(key.kid).toMatch(/^[\w-]{4}$/);
    expect({ kid: key.kid, secret: hex(key.secret), tickets: hex(sharedTicketKeys(SECRET, 0).keys) }).toEqual(
      {
        kid: 'jhPg',
        secret: 'cce219e187f2ad2c1385ac7f186812b7677f5102eb7ccf0a7515a1f09ebe603a',
        tickets:
          '8d3b6cbfcb23aeb69abd1de33bd179a47329060bcc76da541275522358d0d162c91b0634b057ee62bcf84dc600cc8ba1',
      },
    );
  });

  it('are others for another secret', () => {
    expect(sharedSigningKey(`${SECRET}x`)).not.toEqual(sharedSigningKey(SECRET));
    expect(sharedTicketKeys(`${SECRET}x`, 0).keys).not.toEqual(sharedTicketKeys(SECRET, 0).keys);
  });

  it('sign tickets for half a day each, at the same time on every host', () => {
    const { keys, until } = sharedTicketKeys(SECRET, HALF_DAY);
    expect(keys).toHaveLength(48);
    expect(until).toBe(2 * HALF_DAY);
    expect(sharedTicketKeys(SECRET, 2 * HALF_DAY - 1)).toEqual({ keys, until });
    expect(sharedTicketKeys(SECRET, 2 * HALF_DAY).keys).not.toEqual(keys);
    expect(sharedTicketKeys(SECRET, HALF_DAY - 1).keys).not.toEqual(keys);
  });
});
