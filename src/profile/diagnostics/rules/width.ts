/** Layers that are as slow as wider ones. */
import { type Node } from '../../../graph/node';
import { type CheckContext } from '../context';
import { type Finding, type Rule } from '../rule';
import { channelAxisOf } from './channels';

/** Floats of a vector register on AVX-512, AVX2 and NEON take channels in steps of 16 and 8 (measured: NUMERICS). */
const steps = [8, 16] as const;

/** Layers with less of the work are not worth a word. */
const leastShare = 0.02;

/** A hidden layer whose number of channels is no multiple of what the processor takes at once. */
export const width: Rule = {
  code: 'width-off-step',
  summary: 'A layer whose width is off the step of the hardware.',
  *check(context): Generator<Finding> {
    for (const node of context.nodes) {
      const channels = outputChannels(node, context);
      const [small, large] = steps;
      if (channels === undefined || channels <= large || channels % small === 0) continue;
      const share = context.share(node);
      if (share < leastShare || isLast(node)) continue;
      const [below, above] = [Math.floor(channels / large) * large, Math.ceil(channels / large) * large];
      yield {
        severity: 'hint',
        node: node.label,
        message: `${channels} output channels cost as much as ${above}, or more: processors take them in steps of ${small} or ${large}. ${below} or ${above} would use what is paid for (${(share * 100).toFixed(0)} % of the model's MACs are here).`,
      };
    }
  },
};

function outputChannels(node: Node, context: CheckContext): number | undefined {
  if (!/^(Conv|ConvTranspose|Gemm|MatMul)$/.test(node.opType)) return undefined;
  const axis = channelAxisOf(node);
  const weight = context.constant(node, 1);
  if (axis === undefined || !weight || weight.tensor.shape.length < 2) return undefined;
  const stored = weight.perm?.[axis] ?? axis;
  const channels = weight.tensor.shape[stored];
  return node.opType === 'ConvTranspose' ? (channels ?? 0) * node.int('group', 1) : channels;
}

/** What a model gives out is as wide as its task says: classes are not for choosing. Looks past what keeps the width. */
function isLast(node: Node, depth = 0): boolean {
  const output = node.output(0);
  if (!output || depth > 6) return false;
  if (node.graph?.outputs.includes(output)) return true;
  const readers = output.consumers();
  const passes =
    /^(Add|Softmax|LogSoftmax|Sigmoid|Relu|Identity|Reshape|Transpose|Squeeze|Unsqueeze|Flatten|Cast|Split)$/;
  return readers.length > 0 && readers.every((reader) => passes.test(reader.opType) && isLast(reader, depth + 1));
}
