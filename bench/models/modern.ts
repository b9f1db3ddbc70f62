/** Newer architectures with the shapes of their papers and random weights: attention in windows, decoders, U-Nets, CRNNs. */
import { Attribute } from '../../src/graph/attribute';
import { type Model } from '../../src/graph/model';
import { type Value } from '../../src/graph/value';
import { type ScaledInput } from './mobile';
import { Net } from './net';
import { mlp } from './transformers';

/** ConvNeXt-T (Liu et al. 2022, section 2): norms over channels in channels-last. */
export function convnext({ batch = 1, size = 224, width = 1, depth = Infinity }: ScaledInput = {}): Model {
  const net = new Net('convnext_t');
  let x = net.input('input', [batch, 3, size, size]);
  let cin = 3;
  const last = [0, 2, 3, 1];
  const first = [0, 3, 1, 2];
  [[3, 96], [3, 192], [9, 384], [3, 768]].forEach(([blocks, full], stage) => {
    const cout = Math.round(full! * width);
    const k = stage === 0 ? 4 : 2;
    x = net.scope(`down${stage}`, () => {
      const normed = stage === 0 ? x : net.transpose(net.layerNorm(net.transpose(x, last), cin), first);
      return net.conv(normed, cin, cout, k, { stride: k, pad: 0, bias: true });
    });
    for (let block = 0; block < Math.min(depth, blocks!); block++) {
      x = net.scope(`stage${stage}/${block}`, () => {
        const spread = net.transpose(net.conv(x, cout, cout, 7, { groups: cout, bias: true }), last);
        const y = mlp(net, net.layerNorm(spread, cout), cout, cout * 4);
        return net.add(x, net.transpose(net.op('Mul', [y, net.fill('layer_scale', [cout], 0.5)]), first));
      });
    }
    cin = cout;
  }); // prettier-ignore
  const pooled = net.layerNorm(net.flatten(net.globalAveragePool(x)), cin);
  return net.scope('head', () => net.finish([net.fc(pooled, cin, 1000)]));
}

/** Self-attention with q, k and v in one product, as (3, heads, width) in one axis; `bias` is added to the scores. */
export function packedAttention(net: Net, x: Value, tokens: number, width: number, heads: number, bias?: Value): Value {
  const d = width / heads;
  const packed = net.reshape(net.linear(x, width, width * 3), [-1, tokens, 3, heads, d]);
  const parts = net.transpose(packed, [2, 0, 3, 1, 4]);
  const pick = (at: number): Value =>
    net.op('Gather', [parts, net.ints('pick', [at], true)], [Attribute.int('axis', 0)]);
  const [q, k, v] = [pick(0), pick(1), pick(2)];
  const scaled = net.op('Mul', [q, net.scalar('scale', 1 / Math.sqrt(d))]);
  let scores = net.op('MatMul', [scaled, net.transpose(k, [0, 1, 3, 2])]);
  if (bias) scores = net.add(scores, bias);
  const weights = net.op('Softmax', [scores], [Attribute.int('axis', -1)]);
  const mixed = net.reshape(net.transpose(net.op('MatMul', [weights, v]), [0, 2, 1, 3]), [-1, tokens, width]);
  return net.scope('proj', () => net.linear(mixed, width, width));
}

/** Swin-T (Liu et al. 2021, table 7) with batch 1: windows of 7×7, every other block shifted. */
export function swin({
  size = 224,
  width = 1,
  depth = Infinity,
  stages = 4,
}: ScaledInput & { readonly stages?: number } = {}): Model {
  const net = new Net('swin_t');
  const image = net.input('input', [1, 3, size, size]);
  let side = Number(size) / 4;
  let wide = Math.round(96 * width);
  let x = net.transpose(net.conv(image, 3, wide, 4, { stride: 4, pad: 0, bias: true }), [0, 2, 3, 1]);
  x = net.layerNorm(x, wide);
  [[2, 3], [2, 6], [6, 12], [2, 24]].slice(0, stages).forEach(([blocks, fullHeads], stage) => {
    const heads = Math.max(2, Math.round(fullHeads! * width));
    if (stage > 0) {
      x = net.scope(`merge${stage}`, () => mergePatches(net, x, wide));
      [side, wide] = [side / 2, wide * 2];
    }
    for (let block = 0; block < Math.min(depth, blocks!); block++) {
      x = net.scope(`stage${stage}/${block}`, () => swinBlock(net, x, { side, wide, heads, shift: block % 2 === 1 }));
    }
  }); // prettier-ignore
  const pooled = net.op(
    'ReduceMean',
    [net.layerNorm(x, wide)],
    [Attribute.ints('axes', [1, 2]), Attribute.int('keepdims', 0)],
  );
  return net.scope('head', () => net.finish([net.fc(pooled, wide, 1000)]));
}

interface SwinBlock {
  readonly side: number;
  readonly wide: number;
  readonly heads: number;
  readonly shift: boolean;
}

function swinBlock(net: Net, x: Value, { side, wide, heads, shift }: SwinBlock): Value {
  const window = Math.min(7, side);
  const count = side / window;
  const shifted = shift && count > 1;
  let y = net.layerNorm(x, wide);
  if (shifted) y = roll(net, y, Math.floor(window / 2));
  y = net.transpose(net.reshape(y, [1, count, window, count, window, wide]), [0, 1, 3, 2, 4, 5]);
  y = net.reshape(y, [-1, window * window, wide]);
  const bias = net.weight('position_bias', [1, heads, window * window, window * window], 0.1);
  y = net.scope('attention', () => packedAttention(net, y, window * window, wide, heads, bias));
  y = net.transpose(net.reshape(y, [1, count, count, window, window, wide]), [0, 1, 3, 2, 4, 5]);
  y = net.reshape(y, [1, side, side, wide]);
  if (shifted) y = roll(net, y, side - Math.floor(window / 2));
  const z = net.add(x, y);
  return net.add(
    z,
    net.scope('mlp', () => mlp(net, net.layerNorm(z, wide), wide, wide * 4)),
  );
}

/** torch.roll over height and width, as it is exported: two slices and a concat for each. */
function roll(net: Net, x: Value, by: number): Value {
  return [1, 2].reduce((y, axis) => {
    const part = (from: number, to: number): Value =>
      net.op('Slice', [y, net.ints('from', [from]), net.ints('to', [to]), net.ints('axis', [axis])]);
    return net.concat([part(by, 2 ** 31), part(0, by)], axis);
  }, x);
}

function mergePatches(net: Net, x: Value, wide: number): Value {
  const part = (row: number, column: number): Value =>
    net.op('Slice', [
      x,
      net.ints('from', [row, column]),
      net.ints('to', [2 ** 31, 2 ** 31]),
      net.ints('axes', [1, 2]),
      net.ints('steps', [2, 2]),
    ]);
  const four = net.concat([part(0, 0), part(1, 0), part(0, 1), part(1, 1)], 3);
  return net.linear(net.layerNorm(four, wide * 4), wide * 4, wide * 2, false);
}

/** GPT-2 small (Radford et al. 2019): causal attention over packed q, k, v that are split, tied embeddings. */
export function gpt2(length = 64, { width = 1, depth = 12 }: ScaledInput = {}): Model {
  const net = new Net('gpt2');
  const heads = Math.max(2, Math.round(12 * width));
  const wide = heads * 64;
  const vocabulary = Math.round(50257 * width);
  const ids = net.input('input_ids', [1, length], 'int64');
  const table = net.weight('wte', [vocabulary, wide], 0.02);
  const causal = Float32Array.from({ length: length * length }, (_, at) =>
    at % length > Math.floor(at / length) ? -1e4 : 0,
  );
  const mask = net.floats('mask', [1, 1, length, length], causal);
  let x = net.add(net.op('Gather', [table, ids]), net.weight('wpe', [length, wide], 0.02));
  for (let block = 0; block < depth; block++) {
    x = net.scope(`h${block}`, () => {
      const y = net.add(
        x,
        net.scope('attention', () => splitAttention(net, net.layerNorm(x, wide), length, wide, heads, mask)),
      );
      return net.add(
        y,
        net.scope('mlp', () => mlp(net, net.layerNorm(y, wide), wide, wide * 4)),
      );
    });
  }
  return net.finish([net.op('MatMul', [net.layerNorm(x, wide), net.transpose(table, [1, 0])])]);
}

function splitAttention(net: Net, x: Value, tokens: number, width: number, heads: number, mask: Value): Value {
  const d = width / heads;
  const flat = net.op('Gemm', [
    net.reshape(x, [-1, width]),
    net.weight('c_attn', [width, width * 3], 0.05),
    net.fill('c_attn_bias', [width * 3], 0.01),
  ]);
  const parts = net.ops('Split', [net.reshape(flat, [-1, tokens, width * 3])], 3, [Attribute.int('axis', 2)]);
  const [q, k, v] = parts.map((part) => net.transpose(net.reshape(part, [-1, tokens, heads, d]), [0, 2, 1, 3]));
  const scores = net.op('Div', [
    net.op('MatMul', [q!, net.transpose(k!, [0, 1, 3, 2])]),
    net.scalar('scale', Math.sqrt(d)),
  ]);
  const weights = net.op('Softmax', [net.add(scores, mask)], [Attribute.int('axis', -1)]);
  const mixed = net.reshape(net.transpose(net.op('MatMul', [weights, v!]), [0, 2, 1, 3]), [-1, tokens, width]);
  return net.linear(mixed, width, width);
}

/** U-Net (Ronneberger et al. 2015) with batch norm, one size smaller by default than the paper's 572. */
export function unet({ batch = 1, size = 256, width = 1, depth = 4 }: ScaledInput = {}): Model {
  const net = new Net('unet');
  const wide = (level: number): number => Math.round(64 * width) << level;
  const double = (x: Value, cin: number, cout: number): Value => {
    const a = net.relu(net.bn(net.conv(x, cin, cout, 3), cout));
    return net.relu(net.bn(net.conv(a, cout, cout, 3), cout));
  };
  let x = net.input('input', [batch, 3, size, size]);
  const skips: Value[] = [];
  let cin = 3;
  for (let level = 0; level < depth; level++) {
    x = net.scope(`down${level}`, () => double(x, cin, wide(level)));
    skips.push(x);
    x = net.maxPool(x, 2, 2);
    cin = wide(level);
  }
  x = net.scope('bottom', () => double(x, cin, wide(depth)));
  for (let level = depth - 1; level >= 0; level--) {
    x = net.scope(`up${level}`, () => {
      const w = net.weight('up', [wide(level + 1), wide(level), 2, 2]);
      const up = net.op(
        'ConvTranspose',
        [x, w, net.fill('up_bias', [wide(level)], 0.01)],
        [Attribute.ints('kernel_shape', [2, 2]), Attribute.ints('strides', [2, 2])],
      );
      return double(net.concat([skips[level]!, up]), wide(level) * 2, wide(level));
    });
  }
  return net.finish([net.conv(x, wide(0), 2, 1, { bias: true })]);
}

/** CRNN (Shi et al. 2017, table 1): convolutions, two bidirectional LSTMs over the columns, a class for each. */
export function crnn({ batch = 1, width = 1 }: ScaledInput = {}, columns = 100): Model {
  const net = new Net('crnn');
  const wide = (channels: number): number => Math.round(channels * width);
  let x = net.input('input', [batch, 1, 32, columns]);
  let cin = 1;
  const conv = (cout: number, normed: boolean): void => {
    const y = net.conv(x, cin, cout, 3, { bias: !normed });
    x = net.relu(normed ? net.bn(y, cout) : y);
    cin = cout;
  };
  conv(wide(64), false);
  x = net.maxPool(x, 2, 2);
  conv(wide(128), false);
  x = net.maxPool(x, 2, 2);
  conv(wide(256), true);
  conv(wide(256), false);
  const tall = (y: Value): Value =>
    net.op('MaxPool', [y], [Attribute.ints('kernel_shape', [2, 1]), Attribute.ints('strides', [2, 1])]);
  x = tall(x);
  conv(wide(512), true);
  conv(wide(512), false);
  x = tall(x);
  x = net.conv(x, cin, wide(512), 2, { pad: 0, bias: true });
  x = net.transpose(net.op('Squeeze', [net.relu(x), net.ints('height', [2])]), [2, 0, 1]);
  const hidden = wide(256);
  for (const [index, inputs] of [wide(512), hidden * 2].entries()) {
    x = net.scope(`lstm${index}`, () => bidirectional(net, x, inputs, hidden));
  }
  return net.finish([net.linear(x, hidden * 2, 37)]);
}

function bidirectional(net: Net, x: Value, inputs: number, hidden: number): Value {
  const w = net.weight('W', [2, 4 * hidden, inputs], 0.1);
  const r = net.weight('R', [2, 4 * hidden, hidden], 0.1);
  const b = net.weight('B', [2, 8 * hidden], 0.1);
  const y = net.op(
    'LSTM',
    [x, w, r, b],
    [Attribute.int('hidden_size', hidden), Attribute.string('direction', 'bidirectional')],
  );
  return net.reshape(net.transpose(y, [0, 2, 1, 3]), [0, 0, -1]);
}
