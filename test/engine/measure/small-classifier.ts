import { saveModel } from '../../../src/main/engine/onnx/save';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { modelCardSchema, type ModelCard } from '../../../src/shared/model-card';

/** Side of the images the small classifiers take. */
export const side = 8;

export function smallCard(classes: number): ModelCard {
  return modelCardSchema.parse({
    name: 'small',
    input: { name: 'image', height: side, width: side },
    output: { name: 'scores', classes },
    preprocess: { resize: side, crop: side, mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
  });
}

export interface SmallClassifier {
  /** `[classes, 3]`: the score of a class is its row times the mean of each channel. */
  weights: readonly (readonly number[])[];
  batch?: number | string;
  /** 3 x 3 convolutions of 3 channels that change nothing but take time. */
  idleLayers?: number;
}

/** Mean of each channel, times a matrix: small enough to compute by hand. */
export function smallClassifier({ weights, batch = 'batch', idleLayers = 0 }: SmallClassifier): Graph {
  const identity = new Float32Array(3 * 3 * 9);
  for (let channel = 0; channel < 3; channel++) identity[(channel * 3 + channel) * 9 + 4] = 1;
  const idle = Array.from({ length: idleLayers }, (_, layer) =>
    makeNode('Conv', [layer === 0 ? 'image' : `idle${layer - 1}`, 'identity'], [`idle${layer}`], {
      pads: attr.ints([1, 1, 1, 1]),
    }),
  );
  const classes = weights.length;
  return {
    name: 'small',
    producer: 'test',
    irVersion: 8,
    opsets: { '': 17 },
    inputs: [makeValue('image', 'float32', [batch, 3, side, side])],
    outputs: [makeValue('scores', 'float32', [batch, classes])],
    nodes: [
      ...idle,
      makeNode('GlobalAveragePool', [idleLayers === 0 ? 'image' : `idle${idleLayers - 1}`], ['means']),
      makeNode('Flatten', ['means'], ['flat']),
      makeNode('Gemm', ['flat', 'weights'], ['scores'], { transB: attr.int(1) }),
    ],
    initializers: new Map([
      ['weights', float32Tensor([classes, 3], weights.flat())],
      ...(idleLayers === 0 ? [] : [['identity', float32Tensor([3, 3, 3, 3], identity)] as const]),
    ]),
    metadata: {},
  };
}

export async function saveSmallClassifier(path: string, classifier: SmallClassifier): Promise<string> {
  await saveModel(smallClassifier(classifier), path);
  return path;
}
