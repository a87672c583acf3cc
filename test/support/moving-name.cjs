/**
 * Loaded into a process before anything else (`--require`): the name `moving.test` stands for the address that is in the file
 * MOVING_NAME_FILE. In the place of a name server, which tests have none of.
 */
'use strict';
const dns = require('node:dns');
const { readFileSync } = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

const system = dns.lookup;
dns.lookup = (name, options, callback) => {
  if (name !== 'moving.test') return system(name, options, callback);
  const address = readFileSync(process.env.MOVING_NAME_FILE, 'utf8').trim();
  const all = [{ address, family: 4 }];
  setImmediate(() => (options.all ? callback(null, all) : callback(null, address, 4)));
};
syncBuiltinESMExports();
