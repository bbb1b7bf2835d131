import { describe, expect, test } from 'vitest';
import type { Graph, Node } from '../../../src/main/engine/onnx/graph';
import { indexGraph } from '../../../src/main/engine/onnx/graph-index';
import { attr, float32Tensor } from '../../../src/main/engine/onnx/make';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { cardFor, contextFor, mixedNetwork, NetworkBuilder, relativeError, runGraph } from './small-networks';

const quantize = async (graph: Graph, params: object, context = contextFor(cardFor(graph))): Promise<Graph> =>
  decodeWeights(await applyStep(graph, 'quantize.static', params, context));

/** What a test asks of the conversions in a graph. */
function conversionsOf(graph: Graph) {
  const index = indexGraph(graph);
  const numbers = (name: string): number[] => Array.from(graph.initializers.get(name)!.data as Float32Array, Number);
  const of = (node: Node | undefined, op: string) =>
    node?.op === op
      ? { scale: numbers(node.inputs[1]!), zeroPoint: node.inputs[2] ? numbers(node.inputs[2]) : [0] }
      : undefined;
  return {
    index,
    /** Scale and zero point that a value was read with. */
    read: (value: string) => of(index.producer(value), 'DequantizeLinear'),
    /** Those that the value is given, behind an activation that belongs to its operator. */
    given(value: string) {
      const next = index.consumers(value)[0];
      const last = next?.op === 'Relu' || next?.op === 'Clip' ? index.consumers(next.outputs[0]!)[0] : next;
      return of(last, 'QuantizeLinear');
    },
    integers: (value: string) => graph.initializers.get(index.producer(value)?.inputs[0] ?? ''),
  };
}

const isData = (graph: Graph, input: string): boolean => input !== '' && !graph.initializers.has(input);
const computing = (graph: Graph): Node[] =>
  graph.nodes.filter(({ op }) => !['QuantizeLinear', 'DequantizeLinear', 'Relu', 'Clip'].includes(op));

/** A squeeze-and-excite block, a hard swish, a pool, members of a concatenation, constants and a softmax. */
function gatedNetwork(): Graph {
  const net = new NetworkBuilder(11);
  const stem = net.node('HardSwish', [net.conv('input', 'stem', 3, 16, 3)], 'stem.swish');
  const pooled = net.node('GlobalAveragePool', [stem], 'squeeze');
  const gate = net.node('HardSigmoid', [net.conv(pooled, 'excite', 16, 16, 1)], 'gate', {
    alpha: attr.float(1 / 6),
    beta: attr.float(0.5),
  });
  const excited = net.node('Mul', [stem, gate], 'excited');
  const scaled = net.node('Mul', [excited, net.constant('gains', net.weights([1, 16, 1, 1], 2))], 'scaled');
  const pool = net.node('AveragePool', [scaled], 'average', {
    kernel_shape: attr.ints([2, 2]),
    strides: attr.ints([2, 2]),
  });
  const left = net.node('Relu', [net.conv(pool, 'left', 16, 8, 1)], 'left.relu');
  const right = net.node('Sigmoid', [net.conv(pool, 'right', 16, 8, 1)], 'right.sigmoid');
  const wide = net.node('MaxPool', [pool], 'largest', {
    kernel_shape: attr.ints([3, 3]),
    pads: attr.ints([1, 1, 1, 1]),
  });
  const joined = net.node('Concat', [left, right, wide], 'joined', { axis: attr.int(1) });
  const graph = net.head(net.node('Relu', [joined], 'joined.relu'), 32, 10);
  graph.nodes.push({
    ...graph.nodes.at(-1)!,
    name: 'softmax',
    op: 'Softmax',
    inputs: ['logits'],
    outputs: ['scores'],
    attributes: {},
  });
  graph.outputs = [{ ...graph.outputs[0]!, name: 'scores' }];
  return graph;
}

describe('profile tflite', () => {
  const sharing =
    /^(AveragePool|MaxPool|GlobalMaxPool|Concat|Reshape|Flatten|Pad|Transpose|Split|Slice|Squeeze|Unsqueeze)$/;
  const prescribed: Record<string, { scale: number[]; zeroPoint: number[] }> = {
    Sigmoid: { scale: [1 / 256], zeroPoint: [0] },
    Softmax: { scale: [1 / 256], zeroPoint: [0] },
    Tanh: { scale: [1 / 128], zeroPoint: [128] },
  };

  /** Rules of the 8-bit quantization specification, operator by operator. */
  function expectSpecification(graph: Graph): void {
    const { read, given, integers, index } = conversionsOf(graph);
    for (const node of computing(graph)) {
      const [input, weight, bias] = node.inputs as [string, string?, string?];
      const isLayer = ['Conv', 'Gemm', 'MatMul'].includes(node.op);
      for (const value of node.inputs.filter((each) => isData(graph, each)))
        expect(read(value), `${node.op} reads ${value}`).toBeDefined();
      const output = given(node.outputs[0]!);
      expect(output, `${node.op} ${node.name} gives codes`).toBeDefined();
      if (sharing.test(node.op))
        for (const value of node.inputs.filter((each) => isData(graph, each))) {
          const isPrescribed =
            index.producer(index.producer(index.producer(value)!.inputs[0]!)!.inputs[0]!)?.op === 'Sigmoid';
          if (!isPrescribed) expect(read(value), `${node.op} ${node.name} shares`).toEqual(output);
        }
      if (prescribed[node.op]) expect(output).toEqual(prescribed[node.op]);
      if (!isLayer) continue;
      const weights = read(weight!)!;
      expect(new Set(weights.zeroPoint)).toEqual(new Set([0]));
      expect(weights.scale.length).toBe(integers(weight!)!.shape[0]);
      expect(Math.min(...(integers(weight!)!.data as Int8Array))).toBeGreaterThanOrEqual(-127);
      if (!bias) continue;
      expect(integers(bias)!.type).toBe('int32');
      const scale = index.producer(bias)!.inputs[1]!;
      const product = weights.scale.map((each) => Math.fround(each * read(input)!.scale[0]!));
      const stored = graph.initializers.get(scale);
      if (stored) expect(Array.from(stored.data as Float32Array)).toEqual(product);
      else expect(index.producer(scale)?.op).toBe('Mul');
    }
  }

  test.each([
    ['the usual parts', mixedNetwork()],
    ['gates, pools and a softmax', gatedNetwork()],
  ])('%s: integers from end to end, scales as the specification wants them', async (_name, network) => {
    const result = await quantize(network, { profile: 'tflite' });
    expectSpecification(result);
    expect(relativeError(await runGraph(result), await runGraph(network))).toBeLessThan(0.06);
  });

  test('a hard swish stays one operator and its input is not quantized below its corner', async () => {
    const result = await quantize(gatedNetwork(), { profile: 'tflite' });
    expect(result.nodes.filter(({ op }) => op === 'HardSwish')).toHaveLength(1);
    const { read } = conversionsOf(result);
    const { scale, zeroPoint } = read(result.nodes.find(({ op }) => op === 'HardSwish')!.inputs[0]!)!;
    expect(-zeroPoint[0]! * scale[0]!).toBeGreaterThanOrEqual(-3.01);
  });

  test('members of a concatenation have the range of all of them', async () => {
    const net = new NetworkBuilder(1);
    const wide = net.node('Conv', ['input', net.constant('w', float32Tensor([1, 2, 1, 1], [2, 0]))], 'wide');
    const narrow = net.node('Conv', ['input', net.constant('v', float32Tensor([1, 2, 1, 1], [0, -1]))], 'narrow');
    net.node('Concat', [wide, narrow], 'logits', { axis: attr.int(1) });
    net.graph.inputs = [{ name: 'input', type: 'float32', shape: ['batch', 2, 1, 1] }];
    net.graph.outputs = [{ name: 'logits', type: 'float32', shape: ['batch', 2, 1, 1] }];
    const context = contextFor(cardFor(net.graph), Float32Array.of(0, 0.5, 1, 1), [2, 1, 1]);
    const result = await quantize(net.graph, { profile: 'tflite', weightRange: 'min-max' }, context);
    // From -1 x 1 to 2 x 1.
    const { given } = conversionsOf(result);
    const shared = given(result.nodes.find(({ op }) => op === 'Concat')!.outputs[0]!)!;
    expect(shared.scale[0]).toBeCloseTo(3 / 255, 6);
    expect(shared.zeroPoint).toEqual([85]);
    for (const conv of result.nodes.filter(({ op }) => op === 'Conv')) expect(given(conv.outputs[0]!)).toEqual(shared);
  });
});

describe('profile tensorrt', () => {
  /** The layer-placement recommendations of TensorRT's documentation, as far as a graph shows them. */
  function expectPlacement(graph: Graph): void {
    const { read, integers, index } = conversionsOf(graph);
    const layers = computing(graph).filter(({ op }) => ['Conv', 'Gemm', 'MatMul'].includes(op));
    for (const node of layers) {
      const [input, weight, bias] = node.inputs as [string, string, string?];
      expect(read(input)?.zeroPoint, `${node.name} reads int8`).toEqual([0]);
      expect(new Set(read(weight)?.zeroPoint)).toEqual(new Set([0]));
      expect(integers(weight)?.type).toBe('int8');
      expect(read(weight)!.scale).toHaveLength(integers(weight)!.shape[0]!);
      if (bias) expect(graph.initializers.get(bias)?.type).toBe('float32');
      const readers = index.consumers(node.outputs[0]!).map(({ op }) => op);
      if (readers.some((op) => op === 'Relu' || op === 'Clip' || op === 'Add'))
        expect(readers).not.toContain('QuantizeLinear');
    }
    for (const node of computing(graph).filter(({ op }) => op === 'Add')) {
      const fused = node.inputs.filter((input) => layers.includes(index.producer(input)!));
      if (fused.length === 0) continue;
      expect(fused, node.name).toHaveLength(1);
      expect(
        node.inputs.filter((input) => read(input)),
        node.name,
      ).toHaveLength(1);
    }
    for (const node of computing(graph).filter(({ op }) => op === 'Concat')) {
      const scales = node.inputs.map(read);
      expect(new Set(scales.map((each) => JSON.stringify(each))).size, node.name).toBe(1);
    }
    for (const node of graph.nodes.filter(({ op }) => op === 'QuantizeLinear'))
      expect(graph.initializers.get(node.inputs[2]!)).toMatchObject({ type: 'int8', data: Int8Array.of(0) });
  }

  test('inputs of layers around zero, residuals once, nothing between a layer and its activation', async () => {
    const network = mixedNetwork();
    const context = contextFor(cardFor(network));
    const result = await quantize(network, { profile: 'tensorrt' }, context);
    expectPlacement(result);
    expect(context.notes).toEqual([]);
    expect(relativeError(await runGraph(result), await runGraph(network))).toBeLessThan(0.06);
  });

  test('weights with many zeros are plain int8 too, which its builder can read', async () => {
    const pruned = await applyStep(
      mixedNetwork(),
      'prune.magnitude',
      { amount: 0.8 },
      contextFor(cardFor(mixedNetwork())),
    );
    const result = await applyStep(pruned, 'quantize.static', { profile: 'tensorrt' }, contextFor(cardFor(pruned)));
    const operators = new Set(result.nodes.map(({ op }) => op));
    for (const op of ['BitShift', 'ScatterND', 'ScatterElements', 'Gather']) expect(operators).not.toContain(op);
    expectPlacement(result);
  });

  test('one scale of 127 steps for the larger magnitude', async () => {
    const net = new NetworkBuilder(1);
    net.node('Conv', ['input', net.constant('w', float32Tensor([1, 2, 1, 1], [2, 0]))], 'logits');
    net.graph.inputs = [{ name: 'input', type: 'float32', shape: ['batch', 2, 1, 1] }];
    net.graph.outputs = [{ name: 'logits', type: 'float32', shape: ['batch', 1, 1, 1] }];
    const context = contextFor(cardFor(net.graph), Float32Array.of(0, -2.54, 1, 1), [2, 1, 1]);
    const result = await quantize(net.graph, { profile: 'tensorrt' }, context);
    const { read } = conversionsOf(result);
    expect(read(result.nodes.find(({ op }) => op === 'Conv')!.inputs[0]!)!.scale[0]).toBeCloseTo(0.02, 7);
  });
});

test.each([
  [{ profile: 'tflite', format: 'qoperator' }, /^quantize\.static: format qoperator is for profile ort alone/],
  [
    { profile: 'tensorrt', weightScheme: 'asymmetric' },
    /^quantize\.static: weightScheme asymmetric is for profile ort alone/,
  ],
])('what does not go together is said: %j', async (params, sentence) => {
  await expect(quantize(mixedNetwork(), params)).rejects.toThrow(sentence);
});
