import type { Graph } from '../../src/main/engine/onnx/graph';
import { attr, float32Tensor } from '../../src/main/engine/onnx/make';
import type { NetworkWriter, Value } from '../../test/fixtures/networks/network-writer';

const turn = (net: NetworkWriter, value: Value, ...perm: number[]): Value =>
  net.on('Transpose', value, [], { perm: attr.ints(perm) });

function norm(net: NetworkWriter, value: Value): Value {
  const [gamma, beta] = [1, 0].map((start) =>
    net.constant(float32Tensor([value.channels], new Float32Array(value.channels).fill(start))),
  );
  return net.on('LayerNormalization', value, [gamma!, beta!], { axis: attr.int(-1), epsilon: attr.float(1e-6) });
}

/** As exporters wrote it before it was an operator: x (1 + erf(x / sqrt 2)) / 2. */
function gelu(net: NetworkWriter, value: Value): Value {
  const erf = net.on('Erf', net.on('Div', value, [net.scalar(Math.SQRT2)]));
  const product = net.binary('Mul', value, net.on('Add', erf, [net.scalar(1)]));
  return net.on('Mul', product, [net.scalar(0.5)]);
}

function dense(net: NetworkWriter, value: Value, channels: number): Value {
  const weight = net.constant(net.gaussian([value.channels, channels], Math.sqrt(2 / value.channels)));
  const product = net.emit('MatMul', [value.name, weight]);
  return { name: net.emit('Add', [net.constant(net.gaussian([channels], 0)), product]), channels };
}

/** Convolutions that halve the map: without any in front networks of this size learn too slowly (Xiao et al. 2021, "Early convolutions help transformers see better"). */
const stem = (net: NetworkWriter, ...channels: number[]): Value =>
  channels.reduce((value, to) => net.on('Relu', net.convNorm(value, to, { kernel: 3, stride: 2 })), net.input);

/** ConvNeXt (Liu et al. 2022): depthwise 7x7, LayerNormalization over channels moved last, GELU, layer scale; behind two convolutions. */
function convNext(net: NetworkWriter): Graph {
  const norm2d = (value: Value): Value => turn(net, norm(net, turn(net, value, 0, 2, 3, 1)), 0, 3, 1, 2);
  const block = (value: Value): Value => {
    const deep = net.conv(value, value.channels, { kernel: 7, group: value.channels, bias: true });
    const wide = gelu(net, dense(net, norm(net, turn(net, deep, 0, 2, 3, 1)), value.channels * 4));
    const scale = net.constant(float32Tensor([value.channels], new Float32Array(value.channels).fill(0.2)));
    const narrow = net.on('Mul', dense(net, wide, value.channels), [scale]);
    return net.binary('Add', turn(net, narrow, 0, 3, 1, 2), value);
  };
  let x = stem(net, 24, 32);
  for (const channels of [32, 64, 96]) {
    if (channels > 32) x = net.patches(norm2d(x), channels, 2);
    x = block(block(x));
  }
  return net.finish(net.linear(norm(net, net.meanPool(x, 0)), 10));
}

interface Encoder {
  heads: number;
  tokens: number;
  blocks: number;
  /** Width of the layers between two others. */
  hidden: number;
  classes: number;
}

/** A vision transformer (Dosovitskiy et al. 2021) over a map of patches, with the mean of all tokens in place of a class token. */
export function encoder(net: NetworkWriter, map: Value, { heads, tokens, blocks, hidden, classes }: Encoder): Graph {
  const width = map.channels;
  const flat = net.on('Reshape', map, [net.integers(-1, width, tokens)]);
  let x = net.on('Add', turn(net, flat, 0, 2, 1), [net.constant(net.gaussian([1, tokens, width], 0.3))]);
  for (let block = 0; block < blocks; block++) {
    const joint = net.on('Reshape', dense(net, norm(net, x), 3 * width), [
      net.integers(-1, tokens, 3, heads, width / heads),
    ]);
    const turned = turn(net, joint, 2, 0, 3, 1, 4);
    const [query, key, value] = [0, 1, 2].map((at) => ({
      name: net.emit('Gather', [turned.name, net.scalarIndex(at)], { axis: attr.int(0) }),
      channels: width,
    }));
    const scaled = net.on('Mul', query!, [net.scalar(1 / Math.sqrt(width / heads))]);
    const scores = net.binary('MatMul', scaled, turn(net, key!, 0, 1, 3, 2));
    const mixed = net.binary('MatMul', net.on('Softmax', scores, [], { axis: attr.int(-1) }), value!);
    const merged = net.on('Reshape', turn(net, mixed, 0, 2, 1, 3), [net.integers(-1, tokens, width)]);
    x = net.binary('Add', x, dense(net, { ...merged, channels: width }, width));
    x = net.binary('Add', x, dense(net, gelu(net, dense(net, norm(net, x), hidden)), width));
  }
  const pooled = net.on('ReduceMean', norm(net, x), [], { axes: attr.ints([1]), keepdims: attr.int(0) });
  return net.finish(net.linear(pooled, classes));
}

function vision(net: NetworkWriter): Graph {
  const map = net.conv(stem(net, 24, 48), 64, { kernel: 3, stride: 2, bias: true });
  return encoder(net, map, { heads: 4, tokens: 36, blocks: 4, hidden: 128, classes: 10 });
}

export const transformer = { convNext, vision };
