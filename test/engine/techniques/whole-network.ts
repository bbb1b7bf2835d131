import type { ModelCard } from '@shared/model-card';
import { expect } from 'vitest';
import { formatRecipe } from '@shared/recipe-syntax';
import { formOf } from '../../../src/main/engine/compression/layers/network-form';
import { floatNetwork, formAfter } from '../../../src/main/engine/techniques/handling';
import { parseParams } from '../../../src/main/engine/techniques/parse-params';
import { handlingOf } from '../../../src/main/engine/techniques/technique';
import { float32Tensor, attr } from '../../../src/main/engine/onnx/make';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { parseBranching } from '../../../src/main/engine/onnx/load';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { findTechnique, techniques } from '../../../src/main/engine/techniques/registry';
import { cardFor, contextFor, images, NetworkBuilder } from './small-networks';

/**
 * A network that has something for every technique: batch norm, ReLU6 between neighbours, a depthwise layer, two residual blocks, hidden units.
 * Wide enough that weights, not names of nodes, make the file.
 */
export function wholeNetwork(seed = 3): Graph {
  const net = new NetworkBuilder(seed);
  net.constant('zero', float32Tensor([], [0]));
  net.constant('six', float32Tensor([], [6]));
  const stem = net.node(
    'Relu',
    [net.batchNorm(net.conv('input', 'stem', 3, 32, 3, { bias: false }), 'stem.bn', 32)],
    'stem.relu',
  );
  const pool = net.node('MaxPool', [stem], 'pool', { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) });
  const wide = net.node('Clip', [net.conv(pool, 'expand', 32, 64, 1), 'zero', 'six'], 'expand.relu6');
  const deep = net.node('Clip', [net.conv(wide, 'depthwise', 64, 64, 3, { group: 64 }), 'zero', 'six'], 'depth.relu6');
  const sum = net.node('Add', [net.conv(deep, 'project', 64, 32, 1), pool], 'sum');
  const mixed = net.node('Add', [net.conv(sum, 'mix', 32, 32, 3), sum], 'mixed');
  const tail = net.node('Relu', [net.conv(mixed, 'tail', 32, 64, 1)], 'tail.relu');
  const flat = net.node('Flatten', [net.node('GlobalAveragePool', [tail], 'pooled')], 'flat');
  const gemm = (input: string, name: string, from: number, to: number): string => {
    const weight = net.constant(`${name}.weight`, net.weights([to, from]));
    return net.node('Gemm', [input, weight, net.constant(`${name}.bias`, net.weights([to]))], name, {
      transB: attr.int(1),
    });
  };
  gemm(net.node('Relu', [gemm(flat, 'hidden', 64, 48)], 'hidden.relu'), 'logits', 48, 10);
  net.graph.outputs = [{ name: 'logits', type: 'float32', shape: ['batch', 10] }];
  return net.graph;
}

/** Parameters of techniques whose defaults would be slow or too much for a small network. */
const quick: Record<string, Record<string, unknown>> = {
  'prune.channels': { macs: 0.8, roundTo: 4 },
  'prune.secondOrder': { steps: 1 },
  'quantize.aware': { iterations: 2, batch: 8 },
  'quantize.mixed': { averageBits: 5, scheme: 'linear-symmetric' },
  factorize: { macs: 0.8, roundTo: 4 },
  'prune.gradual': { epochs: 2 },
  'prune.before': { epochs: 2 },
  iterate: { to: 0.4, maxDrop: 100, epochs: 1 },
  reconstruct: { bits: 6, iterations: 4 },
  distill: { epochs: 2, batch: 8 },
  'gate.channels': { speedUp: 0, maxDrop: 100 },
};

/** Every technique with its defaults, or close to them. */
export const quickSteps = techniques.map(({ id }) => ({ technique: id, params: quick[id] ?? {} }));
export type QuickStep = (typeof quickSteps)[number];

export const wholeCard = (network: Graph): ModelCard => ({
  ...cardFor(network),
  preprocess: {
    resize: 12,
    crop: 12,
    interpolation: 'bilinear',
    mean: [127.5, 127.5, 127.5],
    std: [127.5, 127.5, 127.5],
  },
});

/** A network between two steps, and the float network that lossy steps are compared with. */
export interface Stage {
  graph: Graph;
  reference: Graph;
}

/** Applies a step to what the file of the one before holds. */
export async function applyTo({ graph, reference }: Stage, { technique, params }: QuickStep): Promise<Stage> {
  const context = { ...contextFor(wholeCard(graph), images(16)), reference: () => Promise.resolve(reference) };
  const result = parseBranching(encodeModel(await applyStep(graph, technique, params, context)), 'test');
  const { preservesFunction, startsAnew } = findTechnique(technique);
  return { graph: result, reference: preservesFunction || startsAnew ? result : reference };
}

/** Bytes of the file without the text that says how it was made. */
export const bytesOf = (graph: Graph): number => encodeModel({ ...graph, metadata: {} }).length;

/** The graph is in the form that the techniques' declarations say. */
export function expectForm(graph: Graph, steps: readonly QuickStep[]): void {
  const declared = steps.reduce((form, { technique, params }) => {
    const known = findTechnique(technique);
    return formAfter(form, handlingOf(known, parseParams(known, params)));
  }, floatNetwork);
  // A network of which no image leaves early keeps its one path.
  const { weights, path: _path, ...found } = formOf(graph);
  const recipe = formatRecipe([...steps]);
  expect(found, recipe).toEqual({ activations: declared.activations, input: declared.input });
  // A tensor too small to gain from another form stays in float.
  expect([...declared.weights, 'float'], recipe).toEqual(expect.arrayContaining([...weights]));
}
