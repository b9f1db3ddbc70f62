/** Small and grouped convolutional classifiers with the shapes of their papers and random weights. */
import { Attribute } from '../../src/graph/attribute';
import { type Model } from '../../src/graph/model';
import { type Value } from '../../src/graph/value';
import { type ImageInput } from './convnets';
import { Net } from './net';

/** An input and how wide the network is: 1 is the paper's, tests take less. */
export interface ScaledInput extends ImageInput {
  readonly width?: number;
  /** At most so many blocks a stage. */
  readonly depth?: number;
}

/** A number of channels at a width: a multiple of 8, as the papers round. */
const scaled = (channels: number, width: number): number => Math.max(8, Math.round((channels * width) / 8) * 8);

function begin(name: string, { batch = 1, size = 224 }: ImageInput): { net: Net; x: Value } {
  const net = new Net(name);
  return { net, x: net.input('input', [batch, 3, size, size]) };
}

function head(net: Net, x: Value, width: number): Model {
  return net.scope('head', () => net.finish([net.fc(net.flatten(net.globalAveragePool(x)), width, 1000)]));
}

const hardSwish = (net: Net, x: Value): Value => net.op('HardSwish', [x]);

/** MobileNetV3 large (Howard et al. 2019, table 1). */
export function mobilenetV3(input: ScaledInput = {}): Model {
  const { net, x: image } = begin('mobilenet_v3', input);
  const { width = 1, depth = Infinity } = input;
  let cin = scaled(16, width);
  let x = net.scope('stem', () => hardSwish(net, net.bn(net.conv(image, 3, cin, 3, { stride: 2 }), cin)));
  const blocks: readonly (readonly [k: number, wide: number, cout: number, se: boolean, swish: boolean, stride: number])[] = [
    [3, 16, 16, false, false, 1], [3, 64, 24, false, false, 2], [3, 72, 24, false, false, 1], [5, 72, 40, true, false, 2],
    [5, 120, 40, true, false, 1], [5, 120, 40, true, false, 1], [3, 240, 80, false, true, 2], [3, 200, 80, false, true, 1],
    [3, 184, 80, false, true, 1], [3, 184, 80, false, true, 1], [3, 480, 112, true, true, 1], [3, 672, 112, true, true, 1],
    [5, 672, 160, true, true, 2], [5, 960, 160, true, true, 1], [5, 960, 160, true, true, 1],
  ]; // prettier-ignore
  blocks.slice(0, depth * 5).forEach(([k, expanded, out, se, swish, stride], index) => {
    const [wide, cout] = [scaled(expanded, width), scaled(out, width)];
    const activate = (y: Value): Value => (swish ? hardSwish(net, y) : net.relu(y));
    x = net.scope(`block${index}`, () => {
      let y = activate(net.bn(net.conv(x, cin, wide, 1), wide));
      y = activate(net.bn(net.conv(y, wide, wide, k, { stride, groups: wide }), wide));
      if (se) y = net.scope('se', () => hardGate(net, y, wide, scaled(wide / 4, 1)));
      y = net.bn(net.conv(y, wide, cout, 1), cout);
      return stride === 1 && cin === cout ? net.add(x, y) : y;
    });
    cin = cout;
  });
  const last = scaled(960, width);
  x = net.scope('last', () => hardSwish(net, net.bn(net.conv(x, cin, last, 1), last)));
  return head(net, x, last);
}

/** Squeeze-and-excitation with a hard sigmoid. */
function hardGate(net: Net, x: Value, width: number, squeezed: number): Value {
  const s = net.relu(net.conv(net.globalAveragePool(x), width, squeezed, 1, { bias: true }));
  return net.op('Mul', [x, net.op('HardSigmoid', [net.conv(s, squeezed, width, 1, { bias: true })])]);
}

/** ShuffleNetV2 1.0 (Ma et al. 2018, table 5); the shuffle as exporters write it. */
export function shufflenetV2(input: ScaledInput = {}): Model {
  const { net, x: image } = begin('shufflenet_v2', input);
  const { width = 1, depth = Infinity } = input;
  let cin = 24;
  let x = net.scope('stem', () =>
    net.maxPool(net.relu(net.bn(net.conv(image, 3, cin, 3, { stride: 2 }), cin)), 3, 2, 1),
  );
  let size = Math.ceil(Math.ceil(Number(input.size ?? 224) / 2) / 2);
  [116, 232, 464].forEach((full, stage) => {
    const half = scaled(full / 2, width);
    size = Math.ceil(size / 2);
    x = net.scope(`stage${stage}/0`, () => {
      const left = net.bn(net.conv(x, cin, cin, 3, { stride: 2, groups: cin }), cin);
      const a = net.relu(net.bn(net.conv(left, cin, half, 1), half));
      return shuffle(net, net.concat([a, unit(net, x, cin, half, 2)]), half, size);
    });
    cin = half * 2;
    for (let block = 1; block < Math.min(depth, [4, 8, 4][stage]!); block++) {
      x = net.scope(`stage${stage}/${block}`, () => {
        const [a, b] = net.ops('Split', [x, net.ints('sizes', [half, half])], 2, [Attribute.int('axis', 1)]);
        return shuffle(net, net.concat([a!, unit(net, b!, half, half, 1)]), half, size);
      });
    }
  });
  const last = scaled(1024, width);
  x = net.scope('last', () => net.relu(net.bn(net.conv(x, cin, last, 1), last)));
  return head(net, x, last);
}

function unit(net: Net, x: Value, cin: number, width: number, stride: number): Value {
  const a = net.relu(net.bn(net.conv(x, cin, width, 1), width));
  const b = net.bn(net.conv(a, width, width, 3, { stride, groups: width }), width);
  return net.relu(net.bn(net.conv(b, width, width, 1), width));
}

function shuffle(net: Net, x: Value, half: number, size: number): Value {
  const pairs = net.transpose(net.reshape(x, [-1, 2, half, size, size]), [0, 2, 1, 3, 4]);
  return net.reshape(pairs, [-1, half * 2, size, size]);
}

/** RegNetX-400MF (Radosavovic et al. 2020, table 2): groups of 16 channels. */
export function regnetX(input: ScaledInput = {}): Model {
  const { net, x: image } = begin('regnet_x_400mf', input);
  const { width = 1, depth = Infinity } = input;
  let cin = 32;
  let x = net.scope('stem', () => net.relu(net.bn(net.conv(image, 3, cin, 3, { stride: 2 }), cin)));
  [[1, 32], [2, 64], [7, 160], [12, 400]].forEach(([blocks, full], stage) => {
    const cout = Math.max(32, Math.round((full! * width) / 16) * 16);
    for (let block = 0; block < Math.min(depth, blocks!); block++) {
      const stride = block === 0 ? 2 : 1;
      x = net.scope(`stage${stage}/${block}`, () => {
        const a = net.relu(net.bn(net.conv(x, cin, cout, 1), cout));
        const b = net.relu(net.bn(net.conv(a, cout, cout, 3, { stride, groups: cout / 16 }), cout));
        const c = net.bn(net.conv(b, cout, cout, 1), cout);
        const skip = stride === 1 && cin === cout ? x : net.bn(net.conv(x, cin, cout, 1, { stride }), cout);
        return net.relu(net.add(c, skip));
      });
      cin = cout;
    }
  }); // prettier-ignore
  return head(net, x, cin);
}

/** GoogLeNet (Szegedy et al. 2015, table 1) with batch norm. */
export function googlenet(input: ScaledInput = {}): Model {
  const { net, x: image } = begin('googlenet', input);
  const { width = 1, depth = Infinity } = input;
  const wide = (channels: number): number => scaled(channels, width);
  const conv = (x: Value, cin: number, cout: number, k: number, stride = 1): Value =>
    net.relu(net.bn(net.conv(x, cin, cout, k, { stride }), cout));
  let x = net.maxPool(conv(image, 3, wide(64), 7, 2), 3, 2, 1);
  x = net.maxPool(conv(conv(x, wide(64), wide(64), 1), wide(64), wide(192), 3), 3, 2, 1);
  let cin = wide(192);
  const modules = [
    [64, 96, 128, 16, 32, 32], [128, 128, 192, 32, 96, 64], [], [192, 96, 208, 16, 48, 64], [160, 112, 224, 24, 64, 64],
    [128, 128, 256, 24, 64, 64], [112, 144, 288, 32, 64, 64], [256, 160, 320, 32, 128, 128], [],
    [256, 160, 320, 32, 128, 128], [384, 192, 384, 48, 128, 128],
  ]; // prettier-ignore
  modules.slice(0, depth * 3).forEach((sizes, index) => {
    const [a, b1, b3, c1, c3, d] = sizes.map(wide);
    if (a === undefined) {
      x = net.maxPool(x, 3, 2, 1);
      return;
    }
    x = net.scope(`inception${index}`, () =>
      net.concat([
        conv(x, cin, a, 1),
        conv(conv(x, cin, b1!, 1), b1!, b3!, 3),
        conv(conv(x, cin, c1!, 1), c1!, c3!, 3),
        conv(net.maxPool(x, 3, 1, 1), cin, d!, 1),
      ]),
    );
    cin = a + b3! + c3! + d!;
  });
  return head(net, x, cin);
}
