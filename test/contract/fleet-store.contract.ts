/** What every store of a fleet promises to the hosts that share it. */
import { fleetHostsContract } from './fleet-store-hosts.contract.js';
import { fleetLogContract } from './fleet-store-log.contract.js';
import type { FleetStoreSubject, OpenedStore } from './fleet-store-subject.js';

export function fleetStoreContract(create: () => FleetStoreSubject | Promise<FleetStoreSubject>): void {
  let present: OpenedStore;
  beforeEach(async () => {
    const subject = await create();
    present = { subject, store: await subject.open() };
  });
  afterEach(() => present.subject.close());
  const opened: OpenedStore = {
    get subject() {
      return present.subject;
    },
    get store() {
      return present.store;
    },
  };

  fleetLogContract(opened);
  fleetHostsContract(opened);
}
