// Inner loops over weights, in AssemblyScript (TypeScript's syntax, WebAssembly's types). Each works on arrays that lie in the
// module's memory; module.ts puts them there and is the only one that calls. README.md says how to compile.
//
// Codes are those of the plain loops of numerics to the bit, which work in float64: where float32 is used instead, whatever it
// cannot decide is left to float64. Sums are taken lane by lane and may differ in the last digits.
export { floatFromHalf, halfFromFloat, halfNoise } from './half';
export { quantizeByteRows, quantizeByteRun } from './bytes';
export { quantizeChannels, quantizeRun, rangeOfRows, rangeOfRun } from './linear';
export { encodeBlocks, packNibbles, rangeOfBlocks, settleBlocks, turn } from './blocks';
