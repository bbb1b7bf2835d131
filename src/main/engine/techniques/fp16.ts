import { z } from 'zod';
import { FreshNames } from '../onnx/fresh-names';
import { currentGraph, plainGraph } from '../compression/layers/plain-graph';
import { weightStorage, type WeightStorage } from '../compression/layers/network-form';
import { sparseInitializer } from '../compression/storage/sparse-decode';
import { copyGraph, type Graph } from '../onnx/graph';
import { removeDead } from '../onnx/remove-dead';
import { toFloat16 } from '../onnx/float16';
import { attr, float16Tensor, makeNode } from '../onnx/make';
import { simplify } from '../onnx/simplify';
import { defineTechnique } from './technique';

const float32Code = 1;
/** Smaller tensors would not make up for the bytes of their Cast node. */
const leastElements = 32;

const largestHalf = 65504;
/** From here on rounding to the nearest half-precision number would give infinity. */
const overflowFrom = 65520;

/** Finite weights out of the range of half precision become its largest number. */
function clampToHalf(values: Float32Array): { values: Float32Array; clamped: number } {
  const overflows = (value: number): boolean => Math.abs(value) >= overflowFrom && Number.isFinite(value);
  const clamped = values.reduce((count, value) => count + (overflows(value) ? 1 : 0), 0);
  if (clamped === 0) return { values, clamped };
  return { values: values.map((value) => (overflows(value) ? Math.sign(value) * largestHalf : value)), clamped };
}

const namesIn = (storage: ReadonlyMap<string, WeightStorage>, ...forms: WeightStorage[]): string[] =>
  [...storage].filter(([, form]) => forms.includes(form)).map(([name]) => name);

/** The caller's own graph with these constants as ordinary tensors, taken from `plain`. */
function withPlain(graph: Graph, plain: Graph, names: ReadonlySet<string>): Graph {
  graph.nodes = graph.nodes.filter(({ outputs }) => !outputs.some((output) => names.has(output)));
  for (const name of names) graph.initializers.set(name, plain.initializers.get(name)!);
  return removeDead(graph);
}

export const fp16 = defineTechnique({
  id: 'fp16',
  title: 'Half-precision weights',
  summary:
    'Stores weights as 16-bit floats and converts them back when the model loads: half the size, computation stays in float32.',
  family: 'precision',
  needs: [],
  version: 2,
  search: { place: 'rounding', params: {} },
  params: z.strictObject({}),
  handling: () => ({
    takes: {
      weights: ['float', 'sparse'],
      besides: ['half', 'codes', 'integers'],
      activations: ['float', 'dynamic', 'qdq', 'qoperator'],
    },
    leaves: { weights: 'half' },
  }),
  async apply(graph, _params, { card, note }) {
    const storage = weightStorage(graph);
    const inIntegers = [...storage.values()].includes('integers');
    const plain = await plainGraph(graph, 'fp16', card.name);
    // Scales of integers have to stay as exact, and as small, as they are stored.
    const chosen = inIntegers ? new Set(namesIn(storage, 'float', 'sparse')) : undefined;
    const result = chosen
      ? withPlain(currentGraph(copyGraph(graph), 'fp16', card.name), plain, chosen)
      : simplify(plain);
    const names = new FreshNames(result);
    // Variances of batch norms that could not be folded may be too small for half precision.
    const kept = new Set(
      result.nodes.flatMap((node) => (node.op === 'BatchNormalization' ? node.inputs.slice(1) : [])),
    );
    for (const output of result.outputs) kept.add(output.name);
    for (const name of namesIn(storage, 'codes')) kept.add(name);
    let clampedTotal = 0;
    for (const [name, tensor] of [...result.initializers]) {
      if (tensor.type !== 'float32' || tensor.data.length < leastElements || kept.has(name)) continue;
      if (chosen && !chosen.has(name)) continue;
      const { values, clamped } = clampToHalf(tensor.data as Float32Array);
      clampedTotal += clamped;
      const stored = names.next();
      result.initializers.delete(name);
      result.nodes.unshift(makeNode('Cast', [stored], [name], { to: attr.int(float32Code) }, ''));
      sparseInitializer(result, stored, float16Tensor(tensor.shape, toFloat16(values)), names);
    }
    if (clampedTotal > 0) {
      note(
        `${clampedTotal} ${clampedTotal === 1 ? 'weight' : 'weights'} beyond the range of half precision became ±65504.`,
      );
    }
    return result;
  },
});
