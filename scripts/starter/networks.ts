import type { Graph, Tensor } from '../../src/main/engine/onnx/graph';
import { attr, float32Tensor, makeNode, makeValue } from '../../src/main/engine/onnx/make';

/** Side of the images that the networks take, pixels. */
export const inputSide = 96;
const classCount = 10;

interface ConvolutionOptions {
  kernel?: number;
  stride?: number;
  groups?: number;
  activation?: 'relu' | 'relu6';
}

/** Writes the layers of a network one after another; weights come later. */
class NetworkWriter {
  private readonly graph: Graph = {
    name: '',
    producer: 'whittle',
    irVersion: 8,
    opsets: { '': 17 },
    inputs: [makeValue('input', 'float32', ['batch', 3, inputSide, inputSide])],
    outputs: [makeValue('logits', 'float32', ['batch', classCount])],
    nodes: [],
    initializers: new Map(),
    metadata: {},
  };

  emit(op: string, inputs: string[], output: string, attributes: Parameters<typeof makeNode>[3] = {}): string {
    this.graph.nodes.push(makeNode(op, inputs, [output], attributes));
    return output;
  }

  private constant(name: string, shape: number[], value = 0): string {
    const length = shape.reduce((product, size) => product * size, 1);
    this.graph.initializers.set(name, float32Tensor(shape, new Float32Array(length).fill(value)) satisfies Tensor);
    return name;
  }

  /** Convolution, batch norm, and an activation where one is named. */
  convolution(x: string, name: string, from: number, to: number, options: ConvolutionOptions = {}): string {
    const { kernel = 1, stride = 1, groups = 1, activation } = options;
    const pad = Math.floor(kernel / 2);
    const weight = this.constant(`${name}.weight`, [to, from / groups, kernel, kernel]);
    const raw = this.emit('Conv', [x, weight], name, {
      kernel_shape: attr.ints([kernel, kernel]),
      strides: attr.ints([stride, stride]),
      pads: attr.ints([pad, pad, pad, pad]),
      group: attr.int(groups),
    });
    const statistics = [1, 0, 0, 1].map((value, at) =>
      this.constant(`${name}.${['gamma', 'beta', 'mean', 'variance'][at]}`, [to], value),
    );
    const normed = this.emit('BatchNormalization', [raw, ...statistics], `${name}.norm`, {
      epsilon: attr.float(1e-5),
      momentum: attr.float(0.9),
    });
    if (activation === 'relu') return this.relu(normed, `${name}.relu`);
    if (activation !== 'relu6') return normed;
    const bounds = [this.constant('zero', []), this.constant('six', [], 6)];
    return this.emit('Clip', [normed, ...bounds], `${name}.relu6`);
  }

  relu(x: string, name: string): string {
    return this.emit('Relu', [x], name);
  }

  maxPool(x: string, name: string): string {
    const attributes = { kernel_shape: attr.ints([3, 3]), strides: attr.ints([2, 2]), pads: attr.ints([1, 1, 1, 1]) };
    return this.emit('MaxPool', [x], name, attributes);
  }

  /** The mean of each channel, `[N, C]`. */
  average(x: string, output = 'features'): string {
    return this.emit('Flatten', [this.emit('GlobalAveragePool', [x], 'pooled')], output, { axis: attr.int(1) });
  }

  /** A linear classifier behind the mean of each channel. */
  classified(x: string, name: string, channels: number): Graph {
    const weights = [
      this.constant('classifier.weight', [classCount, channels]),
      this.constant('classifier.bias', [classCount]),
    ];
    this.emit('Gemm', [this.average(x), ...weights], 'logits', { transB: attr.int(1) });
    return this.finished(name);
  }

  /** A convolution as classifier, before the mean: SqueezeNet's. */
  classifiedByConvolution(x: string, name: string, channels: number): Graph {
    const weights = [
      this.constant('classifier.weight', [classCount, channels, 1, 1]),
      this.constant('classifier.bias', [classCount]),
    ];
    const scores = this.emit('Conv', [x, ...weights], 'classifier', { kernel_shape: attr.ints([1, 1]) });
    this.average(this.relu(scores, 'classifier.relu'), 'logits');
    return this.finished(name);
  }

  private finished(name: string): Graph {
    return { ...this.graph, name };
  }
}

/** MobileNetV2 (Sandler et al. 2018): expand, depthwise, project without activation; a sum where shapes agree. */
function mobileNet(name: string): Graph {
  const net = new NetworkWriter();
  let x = net.convolution('input', 'stem', 3, 16, { kernel: 3, stride: 2, activation: 'relu6' });
  let from = 16;
  const stages = [
    { expansion: 1, to: 8, blocks: 1, stride: 1 },
    { expansion: 4, to: 16, blocks: 2, stride: 2 },
    { expansion: 4, to: 32, blocks: 3, stride: 2 },
    { expansion: 4, to: 64, blocks: 2, stride: 2 },
    { expansion: 4, to: 96, blocks: 2, stride: 1 },
  ];
  let number = 0;
  for (const { expansion, to, blocks, stride } of stages)
    for (let block = 0; block < blocks; block++) {
      const [start, prefix, hidden] = [x, `block${++number}`, from * expansion];
      if (expansion > 1) x = net.convolution(x, `${prefix}.expand`, from, hidden, { activation: 'relu6' });
      const depthwise = { kernel: 3, stride: block === 0 ? stride : 1, groups: hidden, activation: 'relu6' } as const;
      x = net.convolution(x, `${prefix}.depthwise`, hidden, hidden, depthwise);
      x = net.convolution(x, `${prefix}.project`, hidden, to);
      if (block > 0 || (stride === 1 && from === to)) x = net.emit('Add', [start, x], `${prefix}.sum`);
      from = to;
    }
  return net.classified(net.convolution(x, 'last', from, 256, { activation: 'relu6' }), name, 256);
}

/** ResNet v1.5 (He et al. 2016): 1x1, 3x3 with the stride, 1x1, and a shortcut that is projected where shapes differ. */
function resNet(name: string): Graph {
  const net = new NetworkWriter();
  let x = net.convolution('input', 'stem', 3, 24, { kernel: 7, stride: 2, activation: 'relu' });
  x = net.maxPool(x, 'pool');
  let from = 24;
  let number = 0;
  for (const { width, blocks, stride } of [
    { width: 16, blocks: 2, stride: 1 },
    { width: 32, blocks: 3, stride: 2 },
    { width: 56, blocks: 2, stride: 2 },
  ])
    for (let block = 0; block < blocks; block++) {
      const [start, prefix, to, step] = [x, `block${++number}`, width * 4, block === 0 ? stride : 1];
      x = net.convolution(x, `${prefix}.reduce`, from, width, { activation: 'relu' });
      x = net.convolution(x, `${prefix}.middle`, width, width, { kernel: 3, stride: step, activation: 'relu' });
      x = net.convolution(x, `${prefix}.expand`, width, to);
      const shortcut = from === to ? start : net.convolution(start, `${prefix}.shortcut`, from, to, { stride: step });
      x = net.relu(net.emit('Add', [x, shortcut], `${prefix}.sum`), `${prefix}.relu`);
      from = to;
    }
  return net.classified(x, name, from);
}

/** SqueezeNet (Iandola et al. 2016): squeeze 1x1, then 1x1 and 3x3 side by side. Its norms are for training and are folded in the end. */
function squeezeNet(name: string): Graph {
  const net = new NetworkWriter();
  const relu = { activation: 'relu' } as const;
  let x = net.convolution('input', 'stem', 3, 32, { kernel: 3, stride: 2, ...relu });
  let from = 32;
  let number = 0;
  for (const [stage, fires] of [
    [
      [16, 32],
      [16, 32],
    ],
    [
      [24, 64],
      [24, 64],
    ],
    [
      [32, 96],
      [32, 96],
      [48, 128],
      [48, 128],
    ],
  ].entries()) {
    x = net.maxPool(x, `pool${stage + 1}`);
    for (const [squeeze, expand] of fires as [number, number][]) {
      const prefix = `fire${++number}`;
      const narrow = net.convolution(x, `${prefix}.squeeze`, from, squeeze, relu);
      const one = net.convolution(narrow, `${prefix}.expand1x1`, squeeze, expand, relu);
      const three = net.convolution(narrow, `${prefix}.expand3x3`, squeeze, expand, { kernel: 3, ...relu });
      x = net.emit('Concat', [one, three], `${prefix}.concat`, { axis: attr.int(1) });
      from = 2 * expand;
    }
  }
  return net.classifiedByConvolution(x, name, from);
}

/** Small relatives of the networks of the case study: the same blocks, narrower and fewer. */
export const networks = {
  'mobilenetv2-starter': mobileNet,
  'resnet-starter': resNet,
  'squeezenet-starter': squeezeNet,
} satisfies Record<string, (name: string) => Graph>;
export type NetworkName = keyof typeof networks;
