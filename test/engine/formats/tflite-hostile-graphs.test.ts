import { describe, expect, it } from 'vitest';
import { AppError } from '@shared/errors';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import { convertGraph } from '../../../src/main/engine/formats/tflite/convert/convert';
import { storedWeights } from '../../../src/main/engine/formats/tflite/convert/stored-weights';
import { readTflite } from '../../../src/main/engine/formats/tflite/read-model';
import { writeTflite } from '../../../src/main/engine/formats/tflite/write-model';
import { classifierNetwork } from '../../../src/main/engine/onnx/classifier-network';
import { copyGraph, type Graph } from '../../../src/main/engine/onnx/graph';
import { parseModel } from '../../../src/main/engine/onnx/load';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { validateGraph } from '../../../src/main/engine/onnx/validate';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { colourNetwork } from '../../fixtures/networks/colour-network';
import { foreignContext } from '../../fixtures/networks/outcomes';
import { resNet18 } from '../../fixtures/networks/resnet';

/** More of them: WHITTLE_HOSTILE_FILES=5000. */
const runs = Number(process.env.WHITTLE_HOSTILE_FILES ?? 400);
type Random = () => number;
const below = (random: Random, limit: number): number => Math.floor(random() * limit);
const oneOf = <T>(random: Random, items: readonly T[]): T => items[below(random, items.length)]!;

/** One to four bytes are others. */
function changedBytes(file: Uint8Array, random: Random): Uint8Array {
  const bytes = Uint8Array.from(file);
  for (let left = 1 + below(random, 4); left > 0; left--) bytes[below(random, bytes.length)] = below(random, 256);
  return bytes;
}

const numbers = [-2147483648, -1000, -2, -1, 0, 1, 2, 3, 7, 64, 2147483647];

/** A network with one to three attributes, shapes, operators or wires changed. */
function changedGraph(graph: Graph, random: Random): Graph {
  const changed = copyGraph(graph);
  for (let left = 1 + below(random, 3); left > 0; left--) changeOne(changed, random);
  return changed;
}

function changeOne(graph: Graph, random: Random): void {
  const node = oneOf(random, graph.nodes);
  const other = oneOf(random, graph.nodes);
  switch (below(random, 5)) {
    case 0: {
      const name = oneOf(random, Object.keys(node.attributes));
      const attribute = name === undefined ? undefined : structuredClone(node.attributes[name]!);
      if (attribute === undefined) return;
      const { value } = attribute as { value: unknown };
      const number = oneOf(random, numbers);
      (attribute as { value: unknown }).value = Array.isArray(value)
        ? value.map((each: unknown) => (random() < 0.5 ? number : each))
        : typeof value === 'number'
          ? number
          : value;
      node.attributes = { ...node.attributes, [name]: attribute };
      return;
    }
    case 1:
      node.op = other.op;
      return;
    case 2:
      if (node.inputs.length > 0)
        node.inputs[below(random, node.inputs.length)] = oneOf(random, [
          '',
          ...graph.initializers.keys(),
          ...graph.nodes.slice(0, graph.nodes.indexOf(node)).flatMap(({ outputs }) => outputs),
        ]);
      return;
    case 3: {
      const name = oneOf(random, [...graph.initializers.keys()]);
      const tensor = graph.initializers.get(name);
      if (tensor) graph.initializers.set(name, { ...tensor, shape: [...tensor.shape].reverse() });
      return;
    }
    default: {
      const shape = graph.inputs[0]!.shape;
      if (shape.length > 0) shape[below(random, shape.length)] = oneOf(random, [0, 1, 3, 5, 33, 'side']);
    }
  }
}

/** "converted", or the error people are shown; any other throw fails the test. */
async function outcome(make: () => Graph): Promise<string> {
  try {
    const graph = classifierNetwork(make(), resNet18.card, 'hostile.onnx');
    readTflite(writeTflite(convertGraph(await storedWeights(graph))));
    return 'converted';
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code;
    throw thrown;
  }
}

const networks: [string, () => Promise<Graph> | Graph][] = [
  ['a residual network', () => resNet18.make()],
  ['a small network', () => colourNetwork({})],
  [
    'an int8 network',
    async () => {
      const graph = resNet18.make();
      return applyStep(graph, 'quantize.static', { profile: 'tflite' }, foreignContext(resNet18.card, graph));
    },
  ],
];

describe.each(networks)('damage to %s ends in a file or a sentence', (name, make) => {
  it('where bytes of the ONNX file are others', { timeout: 3_600_000 }, async () => {
    const file = encodeModel(await make());
    const random = createRandom(`bytes of ${name}`);
    const found = new Set<string>();
    for (let run = 0; run < runs / 5; run++) {
      const bytes = changedBytes(file, random);
      found.add(await outcome(() => parseModel(bytes, 'hostile.onnx')));
    }
    expect(found).toContain('converted');
  });

  it('where its operators are others', { timeout: 3_600_000 }, async () => {
    const graph = await make();
    const random = createRandom(`graph of ${name}`);
    const found = new Set<string>();
    for (let run = 0; run < runs; run++) {
      const changed = changedGraph(graph, random);
      found.add(await outcome(() => validateGraph(changed, 'hostile.onnx')));
    }
    expect(found).toContain('converted');
    expect(found.size).toBeGreaterThan(1);
  });
});
