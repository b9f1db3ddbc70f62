// Stands in for @vscode/native-watchdog: the extension host must not outlive the server that started it.
'use strict';

const orphaned = 87;

exports.start = (parent) => {
  const timer = setInterval(() => {
    try {
      process.kill(parent, 0);
    } catch {
      process.exit(orphaned);
    }
  }, 1000);
  timer.unref();
};
exports.exit = (code) => process.exit(code ?? 0);
