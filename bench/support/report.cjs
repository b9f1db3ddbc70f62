// Preloaded into a measured Node process: at its end, says on descriptor 3 what it took.
const { readFileSync, writeSync } = require('node:fs');

/** VmHWM belongs to this program alone; maxRSS also remembers the larger process that started it. */
function peakBytes() {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024; // no /proc outside Linux
  }
}

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeSync(3, JSON.stringify({ peakBytes: peakBytes(), cpuSeconds: (user + system) / 1e6 }));
});
