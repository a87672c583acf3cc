/**
 * The environment of tests that compute for long: code runs in it as fast as outside. Jest puts a proxy before the globals of each
 * test file, to see afterwards what the tests left there. Every `Object`, `Math` and `Array` in a test, and in what it tests, then
 * asks that proxy, which doubles the CPU time of simulations. Here a file has a realm whose globals are ordinary ones.
 */
const vm = require('node:vm');
const QuickExit = require('./quick-exit.cjs');

module.exports = class extends QuickExit {
  constructor(...args) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(...args);
    } finally {
      vm.createContext = createContext;
    }
  }
};
