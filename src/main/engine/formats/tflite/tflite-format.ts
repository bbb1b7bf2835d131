import { z } from 'zod';
import type { ModelCard } from '@shared/model-card';
import { classNamesOf } from '../../dataset/map-classes';
import { loadClassifier } from '../../onnx/classifier-network';
import { writeFileAtomic } from '../../files/atomic-file';
import type { FileFormat } from '../file-format';
import type { Graph } from '../../onnx/graph';
import { convertGraph, findUnsupported } from './convert/convert';
import { storedWeights } from './convert/stored-weights';
import { describeTflite } from './describe-tflite';
import { withMetadata } from './with-metadata';
import { writeTflite } from './write-model';

const values = z.enum(['float32', 'uint8', 'int8']).default('float32');

const options = z.strictObject({
  input: values.describe(
    'What the file takes: float32 as the network does; uint8 pixels, normalised within; int8 codes',
  ),
  output: values.describe('What it gives: scores as numbers, or their codes'),
});

/** TensorFlow Lite: floats, halves, int8 weights or integers throughout, as the ONNX file holds them. */
export const tfliteFormat: FileFormat = {
  id: 'tflite',
  version: 2,
  options,
  async convert(onnxPath, outputPath, card, given) {
    const wanted = options.parse(given);
    const graph = await classifierFor(onnxPath, card);
    const { mean, std } = card.preprocess;
    const model = convertGraph(graph, { ...wanted, normalisation: { mean, std } });
    const takesPixels = model.graphs[0]!.tensors[model.graphs[0]!.inputs[0]!]!.type === 'UINT8';
    const described: ModelCard = takesPixels ? { ...card, input: { ...card.input, type: 'uint8' } } : card;
    await writeFileAtomic(outputPath, writeTflite(withMetadata(model, described, labelsOf(card))));
  },
  unsupported: async (onnxPath, card) => findUnsupported(await classifierFor(onnxPath, card)),
  describe: describeTflite,
};

const classifierFor = async (path: string, card: ModelCard): Promise<Graph> =>
  storedWeights(await loadClassifier(path, card));

/** The names of all classes, where they are known. */
function labelsOf(card: ModelCard): readonly string[] {
  const names = classNamesOf(card) ?? [];
  return names.length === card.output.classes ? names : [];
}
