/** Convolutional classifiers with the shapes of their papers, random weights, batch norm not folded. */
import { type Model } from '../../src/graph/model';
import { type Value } from '../../src/graph/value';
import { Net } from './net';

/** Size and batch of the input; strings are dynamic dimensions. */
export interface ImageInput {
  readonly batch?: number | string;
  readonly size?: number | string;
}

function begin(name: string, { batch = 1, size = 224 }: ImageInput): { net: Net; x: Value } {
  const net = new Net(name);
  return { net, x: net.input('input', [batch, 3, size, size]) };
}

function head(net: Net, x: Value, width: number): Model {
  return net.scope('head', () => net.finish([net.fc(net.flatten(net.globalAveragePool(x)), width, 1000)]));
}

/** ResNet-18 (He et al. 2015, table 1): 1.814 G MACs, 11.69 M parameters at 224. */
export function resnet18(input: ImageInput = {}): Model {
  return resnet('resnet18', [2, 2, 2, 2], false, input);
}

/** ResNet-50, stride in the 3×3 as torchvision has it: 4.089 G MACs, 25.56 M parameters. */
export function resnet50(input: ImageInput = {}): Model {
  return resnet('resnet50', [3, 4, 6, 3], true, input);
}

function resnet(name: string, depths: readonly number[], bottleneck: boolean, input: ImageInput): Model {
  const { net, x: image } = begin(name, input);
  let x = net.scope('stem', () => net.maxPool(net.relu(net.bn(net.conv(image, 3, 64, 7, { stride: 2 }), 64)), 3, 2, 1));
  let cin = 64;
  depths.forEach((depth, stage) => {
    const width = 64 << stage;
    const cout = bottleneck ? width * 4 : width;
    for (let block = 0; block < depth; block++) {
      const stride = block === 0 && stage > 0 ? 2 : 1;
      x = net.scope(`layer${stage + 1}/${block}`, () => {
        const y = bottleneck ? bottleneckBranch(net, x, cin, width, stride) : basicBranch(net, x, cin, width, stride);
        const same = stride === 1 && cin === cout;
        const skip = same ? x : net.scope('downsample', () => net.bn(net.conv(x, cin, cout, 1, { stride }), cout));
        return net.relu(net.add(y, skip));
      });
      cin = cout;
    }
  });
  return head(net, x, cin);
}

function basicBranch(net: Net, x: Value, cin: number, width: number, stride: number): Value {
  const y = net.relu(net.bn(net.conv(x, cin, width, 3, { stride }), width));
  return net.bn(net.conv(y, width, width, 3), width);
}

function bottleneckBranch(net: Net, x: Value, cin: number, width: number, stride: number): Value {
  const a = net.relu(net.bn(net.conv(x, cin, width, 1), width));
  const b = net.relu(net.bn(net.conv(a, width, width, 3, { stride }), width));
  return net.bn(net.conv(b, width, width * 4, 1), width * 4);
}

/** MobileNetV2 1.0 (Sandler et al. 2018, table 2): 0.3008 G MACs, 3.50 M parameters. */
export function mobilenetV2(input: ImageInput = {}): Model {
  const { net, x: image } = begin('mobilenet_v2', input);
  let x = net.scope('stem', () => net.relu6(net.bn(net.conv(image, 3, 32, 3, { stride: 2 }), 32)));
  let cin = 32;
  const stages = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const;
  let index = 0;
  for (const [expand, cout, repeat, firstStride] of stages) {
    for (let i = 0; i < repeat; i++) {
      const stride = i === 0 ? firstStride : 1;
      x = net.scope(`block${index++}`, () => {
        const wide = cin * expand;
        let y = expand === 1 ? x : net.relu6(net.bn(net.conv(x, cin, wide, 1), wide));
        y = net.relu6(net.bn(net.conv(y, wide, wide, 3, { stride, groups: wide }), wide));
        y = net.bn(net.conv(y, wide, cout, 1), cout);
        return stride === 1 && cin === cout ? net.add(x, y) : y;
      });
      cin = cout;
    }
  }
  x = net.scope('last', () => net.relu6(net.bn(net.conv(x, 320, 1280, 1), 1280)));
  return head(net, x, 1280);
}

/** DenseNet-121 (Huang et al. 2017, table 1): 2.83 G MACs, 7.98 M parameters. */
export function densenet121(input: ImageInput = {}): Model {
  const { net, x: image } = begin('densenet121', input);
  const growth = 32;
  let x = net.scope('stem', () => net.maxPool(net.relu(net.bn(net.conv(image, 3, 64, 7, { stride: 2 }), 64)), 3, 2, 1));
  let width = 64;
  [6, 12, 24, 16].forEach((depth, stage, all) => {
    for (let layer = 0; layer < depth; layer++) {
      const added = net.scope(`block${stage}/layer${layer}`, () => {
        const squeezed = net.conv(net.relu(net.bn(x, width)), width, 4 * growth, 1);
        return net.conv(net.relu(net.bn(squeezed, 4 * growth)), 4 * growth, growth, 3);
      });
      x = net.concat([x, added]);
      width += growth;
    }
    if (stage === all.length - 1) return;
    x = net.scope(`transition${stage}`, () =>
      net.averagePool(net.conv(net.relu(net.bn(x, width)), width, width / 2, 1), 2, 2),
    );
    width /= 2;
  });
  return head(net, net.relu(net.bn(x, width)), width);
}

/** EfficientNet-B0 (Tan and Le 2019, table 1): 0.385 G MACs, 5.29 M parameters. */
export function efficientnetB0(input: ImageInput = {}): Model {
  const { net, x: image } = begin('efficientnet_b0', input);
  let x = net.scope('stem', () => net.silu(net.bn(net.conv(image, 3, 32, 3, { stride: 2 }), 32)));
  let cin = 32;
  const stages = [
    [1, 3, 16, 1, 1],
    [6, 3, 24, 2, 2],
    [6, 5, 40, 2, 2],
    [6, 3, 80, 3, 2],
    [6, 5, 112, 3, 1],
    [6, 5, 192, 4, 2],
    [6, 3, 320, 1, 1],
  ] as const;
  let index = 0;
  for (const [expand, k, cout, repeat, firstStride] of stages) {
    for (let i = 0; i < repeat; i++) {
      const stride = i === 0 ? firstStride : 1;
      x = net.scope(`block${index++}`, () => {
        const wide = cin * expand;
        let y = expand === 1 ? x : net.silu(net.bn(net.conv(x, cin, wide, 1), wide));
        y = net.silu(net.bn(net.conv(y, wide, wide, k, { stride, groups: wide }), wide));
        y = net.scope('se', () => squeezeExcite(net, y, wide, Math.max(1, Math.floor(cin / 4))));
        y = net.bn(net.conv(y, wide, cout, 1), cout);
        return stride === 1 && cin === cout ? net.add(x, y) : y;
      });
      cin = cout;
    }
  }
  x = net.scope('last', () => net.silu(net.bn(net.conv(x, 320, 1280, 1), 1280)));
  return head(net, x, 1280);
}

/** Squeeze-and-excitation (Hu et al. 2018) with 1×1 convolutions. */
export function squeezeExcite(net: Net, x: Value, width: number, squeezed: number): Value {
  const s = net.silu(net.conv(net.globalAveragePool(x), width, squeezed, 1, { bias: true }));
  return net.op('Mul', [x, net.op('Sigmoid', [net.conv(s, squeezed, width, 1, { bias: true })])]);
}
