import { z } from 'zod';
import type { ModelCard } from '@shared/model-card';
import { classNamesOf } from '../../dataset/map-classes';
import { loadClassifier } from '../../onnx/classifier-network';
import { writeFileAtomic } from '../../files/atomic-file';
import type { FileFormat } from '../file-format';
import { conversionNotes } from './conversion-notes';
import { convertGraph, findUnsupported } from './convert/convert';
import { withDecodedDepthwise } from './convert/decoded-depthwise';
import { withFourBitWeights } from './convert/four-bit-weights';
import { withSparseWeights } from './convert/sparse-weights';
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
  weights: z
    .enum(['int8', 'int4'])
    .default('int8')
    .describe(
      'Codes of at most 4 bits: a byte each, which every runtime takes, or two in a byte, for LiteRT and TensorFlow Lite from 2.11 on; smaller, no faster',
    ),
  zeros: z
    .enum(['dense', 'sparse'])
    .default('dense')
    .describe(
      'Zeros among float weights: written as numbers, which every delegate takes, or left out, for the processor: a smaller file, no faster where it was measured',
    ),
});

/** TensorFlow Lite: floats, halves, int8 weights or integers throughout, as the ONNX file holds them. */
export const tfliteFormat: FileFormat = {
  id: 'tflite',
  version: 4,
  options,
  async convert(onnxPath, outputPath, card, given) {
    const { weights, zeros, ...wanted } = options.parse(given);
    const stored = await loadClassifier(onnxPath, card);
    const graph = await storedWeights(stored);
    const { mean, std } = card.preprocess;
    const converted = withDecodedDepthwise(convertGraph(graph, { ...wanted, normalisation: { mean, std } }));
    const packed = weights === 'int4' ? withFourBitWeights(converted) : converted;
    const model = zeros === 'sparse' ? withSparseWeights(packed) : packed;
    const takesPixels = model.graphs[0]!.tensors[model.graphs[0]!.inputs[0]!]!.type === 'UINT8';
    const described: ModelCard = takesPixels ? { ...card, input: { ...card.input, type: 'uint8' } } : card;
    await writeFileAtomic(outputPath, writeTflite(withMetadata(model, described, labelsOf(card))));
    return { notes: conversionNotes({ stored, dense: graph, model }, { weights, zeros }) };
  },
  unsupported: async (onnxPath, card) => findUnsupported(await storedWeights(await loadClassifier(onnxPath, card))),
  describe: describeTflite,
};

/** The names of all classes, where they are known. */
function labelsOf(card: ModelCard): readonly string[] {
  const names = classNamesOf(card) ?? [];
  return names.length === card.output.classes ? names : [];
}
