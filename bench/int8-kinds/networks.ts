import type { Graph } from '../../src/main/engine/onnx/graph';
import { attr } from '../../src/main/engine/onnx/make';
import { NetworkWriter, type Value } from '../../test/fixtures/networks/network-writer';
import { transformer } from './transformer';

/** Side of the images that the networks take, pixels. */
export const inputSide = 48;

type Activation = (value: Value) => Value;

const begin = (name: string): NetworkWriter => new NetworkWriter(name, { input: ['batch', 3, inputSide, inputSide] });

interface Inverted {
  to: number;
  expansion: number;
  kernel: number;
  stride: number;
  activation: Activation;
  /** Squeeze and excitation, where there is one. */
  excite?: (value: Value) => Value;
}

/** An inverted residual (Sandler et al. 2018), with a gate where one is named. */
function inverted(net: NetworkWriter, value: Value, block: Inverted): Value {
  const { to, expansion, kernel, stride, activation, excite = (deep) => deep } = block;
  const wide = activation(net.convNorm(value, value.channels * expansion));
  const deep = activation(net.convNorm(wide, wide.channels, { kernel, stride, group: wide.channels }));
  const narrow = net.convNorm(excite(deep), to);
  return stride === 1 && to === value.channels ? net.binary('Add', value, narrow) : narrow;
}

/** MobileNetV3 (Howard et al. 2019) as older exporters wrote it: hard-swish and hard-sigmoid by parts. */
function mobileNetV3(name: string): Graph {
  const net = begin(name);
  const relu: Activation = (value) => net.on('Relu', value);
  const gate: Activation = (value) =>
    net.on('Div', net.clip(net.on('Add', value, [net.scalar(3)]), 0, 6), [net.scalar(6)]);
  const swish: Activation = (value) =>
    net.on('Div', net.binary('Mul', value, net.clip(net.on('Add', value, [net.scalar(3)]), 0, 6)), [net.scalar(6)]);
  const excite = (value: Value): Value => {
    const squeezed = relu(net.conv(net.globalPool(value), Math.max(8, value.channels / 4), { bias: true }));
    return net.binary('Mul', value, gate(net.conv(squeezed, value.channels, { bias: true })));
  };
  let x = swish(net.convNorm(net.input, 16, { kernel: 3, stride: 2 }));
  for (const block of [
    { to: 16, kernel: 3, stride: 2, activation: relu, excite },
    { to: 24, kernel: 3, stride: 1, activation: relu },
    { to: 24, kernel: 3, stride: 1, activation: relu },
    { to: 40, kernel: 5, stride: 2, activation: swish, excite },
    { to: 40, kernel: 5, stride: 1, activation: swish, excite },
    { to: 56, kernel: 5, stride: 1, activation: swish, excite },
    { to: 56, kernel: 5, stride: 1, activation: swish, excite },
  ])
    x = inverted(net, x, { expansion: 3, ...block });
  const flat = net.on('Flatten', net.globalPool(swish(net.convNorm(x, 192))), [], { axis: attr.int(1) });
  return net.finish(net.linear(swish(net.linear(flat, 128)), 10));
}

/** EfficientNet (Tan and Le 2019): SiLU as x * sigmoid(x), squeeze and excitation in every block. */
function efficientNet(name: string): Graph {
  const net = begin(name);
  const silu: Activation = (value) => net.binary('Mul', value, net.on('Sigmoid', value));
  let x = silu(net.convNorm(net.input, 16, { kernel: 3, stride: 2 }));
  for (const [to, kernel, stride] of [
    [16, 3, 2],
    [24, 3, 1],
    [24, 3, 1],
    [40, 5, 2],
    [40, 5, 1],
    [56, 5, 1],
    [56, 3, 1],
  ] as const) {
    const inside = Math.max(4, x.channels / 4);
    const excite = (value: Value): Value => {
      const pooled = net.on('ReduceMean', value, [], { axes: attr.ints([2, 3]), keepdims: attr.int(1) });
      const squeezed = silu(net.conv(pooled, inside, { bias: true }));
      return net.binary('Mul', net.on('Sigmoid', net.conv(squeezed, value.channels, { bias: true })), value);
    };
    x = inverted(net, x, { to, expansion: 4, kernel, stride, activation: silu, excite });
  }
  return net.classifier(silu(net.convNorm(x, 192)));
}

/** ResNet (He et al. 2016) with basic blocks: what the others are compared with. */
function resNet(name: string): Graph {
  const net = begin(name);
  const relu: Activation = (value) => net.on('Relu', value);
  let x = relu(net.convNorm(net.input, 24, { kernel: 3, stride: 2 }));
  for (const [channels, stride] of [
    [24, 2],
    [24, 1],
    [48, 2],
    [48, 1],
    [72, 2],
    [72, 1],
  ] as const) {
    const inner = relu(net.convNorm(x, channels, { kernel: 3, stride }));
    const shortcut = channels === x.channels && stride === 1 ? x : net.convNorm(x, channels, { stride });
    x = relu(net.binary('Add', net.convNorm(inner, channels, { kernel: 3 }), shortcut));
  }
  return net.classifier(x);
}

/** DenseNet (Huang et al. 2017): batch norm and ReLU before each convolution, every layer reads all before it. */
function denseNet(name: string): Graph {
  const net = begin(name);
  const growth = 12;
  const normRelu: Activation = (value) => net.on('Relu', net.batchNorm(value));
  const dense: Activation = (value) => {
    const narrow = net.on('Relu', net.convNorm(normRelu(value), 4 * growth));
    return net.concat([value, net.conv(narrow, growth, { kernel: 3 })]);
  };
  const twoByTwo = { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) };
  let x = net.on('Relu', net.convNorm(net.input, 24, { kernel: 5, stride: 2 }));
  x = net.on('MaxPool', x, [], twoByTwo);
  for (const [block, layers] of [5, 6, 6].entries()) {
    if (block > 0) x = net.on('AveragePool', net.conv(normRelu(x), x.channels / 2), [], twoByTwo);
    for (let layer = 0; layer < layers; layer++) x = dense(x);
  }
  return net.classifier(normRelu(x));
}

/** ShuffleNetV2 (Ma et al. 2018): half of the channels pass by, then both halves are shuffled. */
function shuffleNet(name: string): Graph {
  const net = begin(name);
  const depthwise = (value: Value, stride: number): Value =>
    net.convNorm(value, value.channels, { kernel: 3, stride, group: value.channels });
  const branch = (value: Value, channels: number, stride: number): Value =>
    net.on('Relu', net.convNorm(depthwise(net.on('Relu', net.convNorm(value, channels)), stride), channels));
  const shuffle = (value: Value, side: number): Value => {
    const split = net.on('Reshape', value, [net.integers(-1, 2, value.channels / 2, side, side)]);
    const turned = net.on('Transpose', split, [], { perm: attr.ints([0, 2, 1, 3, 4]) });
    return net.on('Reshape', turned, [net.integers(-1, value.channels, side, side)]);
  };
  let x = net.on('Relu', net.convNorm(net.input, 24, { kernel: 3, stride: 2 }));
  for (const [channels, side, blocks] of [
    [48, 12, 3],
    [96, 6, 4],
    [160, 3, 2],
  ] as const)
    for (let block = 0; block < blocks; block++)
      if (block === 0) {
        const passed = net.on('Relu', net.convNorm(depthwise(x, 2), channels / 2));
        x = shuffle(net.concat([passed, branch(x, channels / 2, 2)]), side);
      } else {
        const [first, second] = net.emitAll('Split', [x.name, net.integers(channels / 2, channels / 2)], 2, {
          axis: attr.int(1),
        });
        const [passed, worked] = [first!, second!].map((half) => ({ name: half, channels: channels / 2 }));
        x = shuffle(net.concat([passed!, branch(worked!, channels / 2, 1)]), side);
      }
  return net.finish(net.linear(net.meanPool(net.on('Relu', net.convNorm(x, 256)), 0), 10));
}

/** Small networks of the kinds that lose most in int8; the same blocks as their large relatives, fewer and narrower. */
export const kinds: Record<string, { make(name: string): Graph; learningRate: number; iterations: number }> = {
  resnet: { make: resNet, learningRate: 3e-3, iterations: 6000 },
  mobilenetv3: { make: mobileNetV3, learningRate: 3e-3, iterations: 3000 },
  efficientnet: { make: efficientNet, learningRate: 3e-3, iterations: 3000 },
  densenet: { make: denseNet, learningRate: 3e-3, iterations: 3000 },
  shufflenetv2: { make: shuffleNet, learningRate: 3e-3, iterations: 6000 },
  convnext: { make: (name) => transformer.convNext(begin(name)), learningRate: 1.5e-3, iterations: 8000 },
  vit: { make: (name) => transformer.vision(begin(name)), learningRate: 1e-3, iterations: 8000 },
};
