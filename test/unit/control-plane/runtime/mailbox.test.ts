import { Mailbox, MAILBOX_LIMIT, MAILBOX_RESERVE } from '../../../../control-plane/runtime/mailbox.js';

describe('the mailbox', () => {
  it('gives the oldest first, no more than asked for', () => {
    const mailbox = new Mailbox<number>();
    for (const item of [1, 2, 3]) expect(mailbox.offer(item, false)).toBe(true);
    expect(mailbox.take(2)).toEqual([1, 2]);
    expect(mailbox.depth).toBe(1);
    mailbox.offer(4, true);
    expect(mailbox.take(2)).toEqual([3, 4]);
    expect(mailbox.take(2)).toEqual([]);
  });

  it('refuses what may be dropped before it is full, and everything when it is', () => {
    const mailbox = new Mailbox<number>();
    for (let i = 0; i < MAILBOX_LIMIT - MAILBOX_RESERVE; i += 1) expect(mailbox.offer(i, true)).toBe(true);
    expect(mailbox.offer(0, true)).toBe(false);
    for (let i = 0; i < MAILBOX_RESERVE; i += 1) expect(mailbox.offer(i, false)).toBe(true);
    expect(mailbox.offer(0, false)).toBe(false);
    expect(mailbox.depth).toBe(MAILBOX_LIMIT);
    mailbox.take(MAILBOX_RESERVE + 1);
    expect(mailbox.offer(0, true)).toBe(true);
  });
});
