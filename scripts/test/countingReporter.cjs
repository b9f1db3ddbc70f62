// Mocha's usual report, plus the counts as JSON in the file that LAPIDARY_TEST_COUNTS names,
// so that the suites' sum can be told whatever process they ran in.
'use strict';
const fs = require('node:fs');
const { reporters } = require('mocha');

module.exports = class CountingReporter extends reporters.Spec {
  done(failures, finish) {
    const { passes, pending } = this.stats;
    const counts = { passed: passes, failed: failures, skipped: pending };
    fs.writeFileSync(process.env.LAPIDARY_TEST_COUNTS, JSON.stringify(counts));
    finish?.(failures);
  }
};
