import { eventId, parseEventId } from '../../../../control-plane/admin/event-id.js';

const EVENT = { seq: 17, epoch: 3 };

describe('the id of an event in a stream', () => {
  it('is its number, and in a fleet names the epoch and the host', () => {
    expect(eventId(EVENT, null)).toBe('17');
    expect(eventId(EVENT, 'lb-1.example')).toBe('17-3@lb-1.example');
  });

  it('is read back', () => {
    expect(parseEventId(eventId(EVENT, null))).toEqual({ seq: 17, of: null });
    expect(parseEventId(eventId(EVENT, 'lb-1'))).toEqual({ seq: 17, of: { epoch: 3, host: 'lb-1' } });
  });

  it.each(['', 'x', '-1', '1-2', '1@a', '1-2@', '1-2@a b', '1-2@a@b', '1234567890123456', ' 1'])(
    'is not %j',
    (text) => {
      expect(parseEventId(text)).toBe(null);
    },
  );
});
