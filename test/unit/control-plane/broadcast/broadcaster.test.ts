import { Broadcaster } from '../../../../control-plane/broadcast/broadcaster.js';
import { decodeSnapshot } from '../../../../shared/decode.js';
import type { SnapshotMessage } from '../../../../shared/message.js';
import { backendAt, poolOf, snapshotOf } from '../../../support/snapshot-of.js';

function snapshot(version: number, epoch = 1) {
  return snapshotOf([poolOf([backendAt('a', 8080)])], {}, { epoch, version });
}

/** Answers how often the snapshot has been built. */
function publish(broadcaster: Broadcaster, version: number, epoch = 1): () => number {
  let built = 0;
  broadcaster.publish({ epoch, version }, () => {
    built += 1;
    return snapshot(version, epoch);
  });
  return () => built;
}

/** A worker that keeps what it is sent. */
function follower(broadcaster: Broadcaster, worker: number): SnapshotMessage[] {
  const sent: SnapshotMessage[] = [];
  broadcaster.follow(worker, (message) => sent.push(message));
  return sent;
}

function versions(sent: readonly SnapshotMessage[]): readonly string[] {
  return sent.map(({ epoch, version }) => `${epoch}.${version}`);
}

describe('the broadcaster', () => {
  it('has nothing to say before the first snapshot', () => {
    const broadcaster = new Broadcaster();
    expect(broadcaster.position).toEqual({ epoch: 0, version: 0 });
    const sent = follower(broadcaster, 1);
    broadcaster.answered(1);
    expect(sent).toEqual([]);
  });

  it('tells every worker, and one that comes later at once', () => {
    const broadcaster = new Broadcaster();
    const early = follower(broadcaster, 1);
    publish(broadcaster, 1);
    const late = follower(broadcaster, 2);
    expect(versions(early)).toEqual(['1.1']);
    expect(versions(late)).toEqual(['1.1']);
    expect(broadcaster.position).toEqual({ epoch: 1, version: 1 });
  });

  it('encodes a snapshot once, in a form that workers can read', () => {
    const broadcaster = new Broadcaster();
    const [first, second] = [follower(broadcaster, 1), follower(broadcaster, 2)];
    publish(broadcaster, 1);
    expect(first[0]).toBe(second[0]);
    const text = new TextDecoder().decode(first[0]?.payload);
    expect(decodeSnapshot(JSON.parse(text))).toEqual({ ok: true, snapshot: snapshot(1) });
  });

  it('has one snapshot under way to a worker; then the newest follows, and none in between', () => {
    const broadcaster = new Broadcaster();
    const slow = follower(broadcaster, 1);
    const quick = follower(broadcaster, 2);
    for (const version of [1, 2, 3]) {
      publish(broadcaster, version);
      broadcaster.answered(2);
    }
    expect(versions(quick)).toEqual(['1.1', '1.2', '1.3']);
    expect(versions(slow)).toEqual(['1.1']);
    broadcaster.answered(1);
    expect(versions(slow)).toEqual(['1.1', '1.3']);
    broadcaster.answered(1);
    expect(versions(slow)).toEqual(['1.1', '1.3']);
  });

  it('builds only what is sent, and that once', () => {
    const broadcaster = new Broadcaster();
    const unseen = publish(broadcaster, 1);
    follower(broadcaster, 1);
    follower(broadcaster, 2);
    const built = [unseen, ...[2, 3, 4].map((version) => publish(broadcaster, version))];
    expect(built.map((count) => count())).toEqual([1, 0, 0, 0]);
    broadcaster.answered(1);
    broadcaster.answered(2);
    expect(built.map((count) => count())).toEqual([1, 0, 0, 1]);
  });

  it('sends nothing twice, and nothing older than what was sent', () => {
    const broadcaster = new Broadcaster();
    const sent = follower(broadcaster, 1);
    publish(broadcaster, 5, 2);
    broadcaster.answered(1);
    publish(broadcaster, 5, 2);
    publish(broadcaster, 9, 1);
    expect(versions(sent)).toEqual(['2.5']);
    publish(broadcaster, 1, 3);
    expect(versions(sent)).toEqual(['2.5', '3.1']);
  });

  it('forgets a worker that is gone, and owes its successor everything', () => {
    const broadcaster = new Broadcaster();
    const gone = follower(broadcaster, 1);
    publish(broadcaster, 1);
    broadcaster.unfollow(1);
    publish(broadcaster, 2);
    broadcaster.answered(1);
    expect(versions(gone)).toEqual(['1.1']);
    expect(versions(follower(broadcaster, 1))).toEqual(['1.2']);
  });
});
