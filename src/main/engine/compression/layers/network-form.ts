import type { Graph, Node } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { constantValues } from '../../onnx/parameters';
import { straighten } from '../../onnx/straighten';
import { hasBranches } from '../../onnx/subgraphs';

/** `sparse`: without their zeros; `codes`: few bits and a table, scales or signs that decode them; `integers`: of 8 bits or fewer, with scales. */
export type WeightStorage = 'float' | 'half' | 'sparse' | 'codes' | 'integers';

/** `dynamic`: quantized with ranges measured at every run; `qdq`: float operators between conversions; `qoperator`: integer operators. */
export type ActivationForm = 'float' | 'half' | 'dynamic' | 'qdq' | 'qoperator';

/** `images`: floats; `scaled`: floats that are resized before the first layer; `pixels`: bytes from 0 to 255. */
export const inputForms = ['images', 'scaled', 'pixels'] as const;
export type InputForm = (typeof inputForms)[number];

/** `branches`: which layers run depends on the image; `gates`: which of their channels. */
export type PathForm = 'straight' | 'branches' | 'gates';

/** In what form a network stores its weights, computes, and takes its images. */
export interface NetworkForm {
  /** Every form that a layer's weights are in. */
  weights: ReadonlySet<WeightStorage>;
  activations: ActivationForm;
  input: InputForm;
  path: PathForm;
}

/** Which input of an operator holds weights; those of `integer` operators are integers whatever decodes them. */
const weightInputs: Record<string, { at: number; integer?: true }> = {
  Conv: { at: 1 },
  ConvTranspose: { at: 1 },
  Gemm: { at: 1 },
  MatMul: { at: 1 },
  ConvInteger: { at: 1, integer: true },
  MatMulInteger: { at: 1, integer: true },
  QLinearConv: { at: 3, integer: true },
  QLinearMatMul: { at: 3, integer: true },
  QGemm: { at: 3, integer: true },
};

/**
 * The form of a network with all its branches, read from its graph alone: whoever made the file. Weights that are computed for each image do not count;
 * a network without constant weights has none.
 */
export function formOf(network: Graph): NetworkForm {
  const { graph } = straighten(network);
  const constant = constantValues(graph);
  const computed = graph.nodes.filter(({ outputs }) => !outputs.every((output) => constant.has(output)));
  const inHalf = (node: Node): boolean => graph.initializers.get(weightOf(node))?.type === 'float16';
  const computesInHalf = graph.inputs[0]?.type === 'float16' || computed.some(inHalf);
  return {
    weights: new Set(weightStorage(graph).values()),
    activations: activationForm(computed) ?? (computesInHalf ? 'half' : 'float'),
    input: inputForm(graph),
    path: hasBranches(network) ? 'branches' : hasGates(graph, constant) ? 'gates' : 'straight',
  };
}

/** Whether some weights are picked anew for each image. */
function hasGates(graph: Graph, constant: ReadonlySet<string>): boolean {
  const { producer } = indexGraph(graph);
  return graph.nodes.some(({ op, inputs }) => {
    const picked = [0, 1].map((input) => producer(inputs[input] ?? ''));
    return (
      (op === 'Conv' || op === 'Gemm') &&
      picked.some((node) => node?.op === 'Gather' && constant.has(node.inputs[0]!) && !constant.has(node.outputs[0]!))
    );
  });
}

function inputForm({ inputs: [input], nodes }: Graph): InputForm {
  if (input?.type === 'uint8' || input?.type === 'int8') return 'pixels';
  return nodes.some(({ op, inputs }) => op === 'Resize' && inputs[0] === input?.name) ? 'scaled' : 'images';
}

/** How each constant that is the weight of a layer is stored, by the name under which the layer reads it. */
export function weightStorage(graph: Graph): Map<string, WeightStorage> {
  const index = indexGraph(graph);
  const constant = constantValues(graph);
  const layers = graph.nodes.filter(
    (node) => constant.has(weightOf(node)) && !node.outputs.every((output) => constant.has(output)),
  );
  return new Map(
    layers.map((node) => {
      const name = weightOf(node);
      return [name, weightInputs[node.op]!.integer ? 'integers' : storageOf(name, graph, index)];
    }),
  );
}

const weightOf = (node: Node): string => node.inputs[weightInputs[node.op]?.at ?? -1] ?? '';

function activationForm(nodes: readonly Node[]): ActivationForm | undefined {
  if (nodes.some(({ op }) => /^QLinear|^QGemm$/.test(op))) return 'qoperator';
  if (nodes.some(({ op }) => op === 'QuantizeLinear')) return 'qdq';
  return nodes.some(({ op }) => op === 'DynamicQuantizeLinear') ? 'dynamic' : undefined;
}

/** Operators that move numbers or change their type, but do not decode them. */
const movesOnly = new Set(['Cast', 'Identity', 'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Flatten', 'Slice']);

/** How the constant `name` is stored, whatever nodes stand between the stored numbers and it. */
function storageOf(name: string, graph: Graph, index: GraphIndex): WeightStorage {
  const stored = graph.initializers.get(name);
  if (stored) return stored.type === 'float16' ? 'half' : /int/.test(stored.type) ? 'integers' : 'float';
  const node = index.producer(name);
  if (!node) return 'float';
  const source = node.inputs[0] ?? '';
  if (node.op === 'DequantizeLinear' || node.op === 'QuantizeLinear') return 'integers';
  if (movesOnly.has(node.op)) return storageOf(source, graph, index);
  const values = graph.initializers.get(source);
  if (node.op === 'Gather' && values?.type.startsWith('float') && isPositions(node.inputs[1] ?? '', index))
    return values.type === 'float16' ? 'half' : 'sparse';
  return hasBytes(name, graph, index) ? 'codes' : 'float';
}

/** Positions in a list of non-zero numbers: running counts of a mask. */
function isPositions(name: string, index: GraphIndex): boolean {
  const producer = index.producer(name);
  return producer?.op === 'Mul' && producer.inputs.some((input) => index.producer(input)?.op === 'CumSum');
}

/** Whether `name` is computed from integers of 8 bits or fewer. */
function hasBytes(name: string, graph: Graph, index: GraphIndex): boolean {
  const stored = graph.initializers.get(name);
  if (stored) return /^u?int[48]$/.test(stored.type);
  return index.producer(name)?.inputs.some((input) => hasBytes(input, graph, index)) ?? false;
}
