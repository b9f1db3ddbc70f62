/** What the processor of this machine works on at a time. */
import { existsSync, readFileSync } from 'node:fs';

/**
 * Channels that ONNX Runtime's convolutions handle in one step here: 16 with AVX-512, else 8 (its blocked layout NCHWc).
 * A number of channels in between costs as much as the next multiple.
 */
export function channelStep(): number {
  const cpuInfo = '/proc/cpuinfo';
  if (process.platform !== 'linux' || !existsSync(cpuInfo)) return 8;
  return /\bavx512f\b/.test(readFileSync(cpuInfo, 'utf8')) ? 16 : 8;
}
