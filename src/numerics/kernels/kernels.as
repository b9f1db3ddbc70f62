// Inner loops over weights, in AssemblyScript (TypeScript's syntax, WebAssembly's types). Each works on arrays that lie in the
// module's memory; module.ts puts them there and is the only one that calls. README.md says how to compile.
//
// Arithmetic is in float64 wherever the plain loops of numerics have float64, so that codes are the same to the bit; sums
// are taken lane by lane and may differ in the last digits.
export { floatFromHalf, halfFromFloat, halfNoise } from './half';
export { quantizeChannels, quantizeRun, rangeOfChannels, rangeOfRun } from './linear';
export { encodeBlocks, packNibbles, rangeOfBlocks, settleBlocks, turn } from './blocks';
