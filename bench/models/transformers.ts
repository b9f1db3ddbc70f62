/** Transformers with the shapes of their papers and random weights. */
import { Attribute } from '../../src/graph/attribute';
import { type Model } from '../../src/graph/model';
import { type Value } from '../../src/graph/value';
import { type ImageInput } from './convnets';
import { Net } from './net';

/** Multi-head self-attention from its parts; `x` is [batch, tokens, width]. */
export function attention(net: Net, x: Value, width: number, heads: number): Value {
  const d = width / heads;
  const split = (name: string, perm: readonly number[]): Value =>
    net.scope(name, () => net.transpose(net.reshape(net.linear(x, width, width), [0, -1, heads, d]), perm));
  const q = split('q', [0, 2, 1, 3]);
  const k = split('k', [0, 2, 3, 1]);
  const v = split('v', [0, 2, 1, 3]);
  const scores = net.op('Mul', [net.op('MatMul', [q, k]), net.scalar('scale', 1 / Math.sqrt(d))]);
  const weights = net.op('Softmax', [scores], [Attribute.int('axis', -1)]);
  const mixed = net.transpose(net.op('MatMul', [weights, v]), [0, 2, 1, 3]);
  return net.scope('out', () => net.linear(net.reshape(mixed, [0, -1, width]), width, width));
}

/** Two linear layers with a GELU between. */
export function mlp(net: Net, x: Value, width: number, hidden: number): Value {
  const y = net.gelu(net.scope('fc1', () => net.linear(x, width, hidden)));
  return net.scope('fc2', () => net.linear(y, hidden, width));
}

/** ViT-B/16 (Dosovitskiy et al. 2021, table 1): 17.56 G MACs, 86.57 M parameters at 224. */
export function vitB16({ batch = 1 }: ImageInput = {}, depth = 12): Model {
  const net = new Net('vit_b_16');
  const [width, heads, tokens] = [768, 12, 197];
  const image = net.input('input', [batch, 3, 224, 224]);
  let x = net.scope('patch', () => {
    const patches = net.conv(image, 3, width, 16, { stride: 16, pad: 0, bias: true });
    return net.transpose(net.reshape(patches, [0, width, -1]), [0, 2, 1]);
  });
  const batchSize = net.op('Shape', [x], [Attribute.int('start', 0), Attribute.int('end', 1)]);
  const tokenShape = net.op('Concat', [batchSize, net.ints('rest', [1, width])], [Attribute.int('axis', 0)]);
  const token = net.op('Expand', [net.weight('class_token', [1, 1, width], 0.02), tokenShape]);
  x = net.add(net.concat([token, x]), net.weight('position', [1, tokens, width], 0.02));
  for (let block = 0; block < depth; block++) {
    x = net.scope(`encoder/${block}`, () => {
      const y = net.add(
        x,
        net.scope('attention', () => attention(net, net.layerNorm(x, width), width, heads)),
      );
      return net.add(
        y,
        net.scope('mlp', () => mlp(net, net.layerNorm(y, width), width, width * 4)),
      );
    });
  }
  x = net.layerNorm(x, width);
  const first = net.op('Gather', [x, net.ints('first', [0], true)], [Attribute.int('axis', 1)]);
  return net.scope('head', () => net.finish([net.fc(first, width, 1000)]));
}

/** BERT-base shaped encoder (Devlin et al. 2019): 12 layers, width 768, token ids in. */
export function bertBase(batch: number | string = 1, length: number | string = 128, depth = 12): Model {
  const net = new Net('bert_base');
  const width = 768;
  const ids = net.input('input_ids', [batch, length], 'int64');
  let x = net.op('Gather', [net.weight('embeddings/word', [30522, width], 0.02), ids]);
  x = net.layerNorm(x, width);
  for (let block = 0; block < depth; block++) {
    x = net.scope(`encoder/layer.${block}`, () => {
      const y = net.layerNorm(
        net.add(
          x,
          net.scope('attention', () => attention(net, x, width, 12)),
        ),
        width,
      );
      return net.layerNorm(
        net.add(
          y,
          net.scope('mlp', () => mlp(net, y, width, width * 4)),
        ),
        width,
      );
    });
  }
  return net.finish([x]);
}
