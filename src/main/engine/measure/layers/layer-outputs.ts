import { fromFloat16 } from '../../onnx/float16';
import type { Graph, Node } from '../../onnx/graph';
import { indexGraph } from '../../onnx/graph-index';
import { makeValue } from '../../onnx/make';
import { encodeModel } from '../../onnx/save';
import { inferShapes } from '../../onnx/shapes';
import { removeDead } from '../../onnx/remove-dead';
import { calculator, type RuntimeTensor, type Session } from '../../compression/calculator';
import { layerNodes } from './layer-facts';

/** What follows a layer and belongs to its output: what the next layer reads of it. */
const followed = /^(BatchNormalization|Relu|Clip|QuantizeLinear|DequantizeLinear)$/;
/** An integer layer gives sums, which are scaled (by the input's scale too, which may be computed) and get their bias. */
const scaling = /^(Cast|Mul)$/;

interface LayerOutput {
  layer: Node;
  value: string;
  /** Of an integer value: what turns it into reals. */
  scale: number;
  zeroPoint: number;
}

/** The value that holds what a layer gives after its activation, in whatever form the file has. */
function outputOf(layer: Node, graph: Graph, index: ReturnType<typeof indexGraph>): LayerOutput {
  const givesSums = layer.op.endsWith('Integer');
  let value = layer.outputs[0]!;
  for (;;) {
    const next = index.soleConsumer(value);
    if (next?.outputs.length !== 1) break;
    const isConstant = next.inputs.every((name) => name === value || !index.producer(name));
    const isScaled = givesSums && (scaling.test(next.op) || (next.op === 'Add' && isConstant));
    if (!isScaled && !(followed.test(next.op) && isConstant)) break;
    value = next.outputs[0]!;
  }
  const quantized = index.producer(value)!;
  const at = { QLinearConv: [6, 7], QLinearMatMul: [6, 7], QuantizeLinear: [1, 2] }[quantized.op];
  const numberOf = (input: number | undefined, fallback: number): number =>
    Number(graph.initializers.get(quantized.inputs[input ?? -1] ?? '')?.data[0] ?? fallback);
  return { layer, value, scale: numberOf(at?.[0], 1), zeroPoint: numberOf(at?.[1], 0) };
}

/** A network that hands out what its layers compute. */
export class LayerOutputs {
  private constructor(
    private readonly session: Session,
    private readonly outputs: readonly LayerOutput[],
    private readonly input: string,
    readonly inputType: 'float32' | 'uint8',
    /** Images a call must hold. */
    readonly fixedBatch: number | undefined,
  ) {}

  /** @param wanted nodes of the graph. Throws `model.runtime-rejected`. */
  static async open(graph: Graph, wanted: ReadonlySet<Node>, threads: number): Promise<LayerOutputs> {
    const index = indexGraph(graph);
    const shapes = inferShapes(graph);
    const outputs = layerNodes(graph)
      .filter((node) => wanted.has(node))
      .map((node) => outputOf(node, graph, index));
    const values = [...new Set(outputs.map(({ value }) => value))];
    const observed = removeDead({
      ...graph,
      outputs: values.map((value) => makeValue(value, shapes.get(value)?.type ?? 'float32', [])),
    });
    const session = await calculator.open(encodeModel(observed), { threads });
    const input = graph.inputs[0]!;
    const [batch] = input.shape;
    const type = input.type === 'uint8' ? 'uint8' : 'float32';
    return new LayerOutputs(session, outputs, input.name, type, typeof batch === 'number' ? batch : undefined);
  }

  /** What each layer gives for one batch, as reals `[n, channels, ...]`. */
  async run(
    data: Float32Array | Uint8Array,
    shape: readonly number[],
  ): Promise<Map<Node, { shape: readonly number[]; data: ArrayLike<number> }>> {
    const results = await this.session.run({ [this.input]: { type: this.inputType, shape, data } });
    return new Map(
      this.outputs.map(({ layer, value, scale, zeroPoint }) => {
        const result = results[value]!;
        return [layer, { shape: result.shape, data: realsOf(result, scale, zeroPoint) }];
      }),
    );
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

function realsOf({ type, data }: RuntimeTensor, scale: number, zeroPoint: number): ArrayLike<number> {
  if (type === 'float32') return data as Float32Array;
  if (type === 'float16') return fromFloat16(new Uint16Array(data.buffer, data.byteOffset, data.length));
  return new Float32Array(data as Int8Array).map((code) => (code - zeroPoint) * scale);
}
