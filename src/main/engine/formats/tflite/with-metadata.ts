import type { ModelCard } from '@shared/model-card';
import type { TableOf } from '../flatbuffer/schema';
import { writeFlatbuffer } from '../flatbuffer/write-flatbuffer';
import { minimumRuntime } from './minimum-runtime';
import type { TfliteModel } from './model';
import { metadataSchema } from './schema/metadata-schema';

type Tables = typeof metadataSchema.definition;

/** Names of entries in a file's table of metadata. */
export const metadataEntry = { description: 'TFLITE_METADATA', runtime: 'min_runtime_version' } as const;
const labelsFile = 'labels.txt';

/** Bytes of the entry that says which runtime a file needs: fixed, since some tools write it in place. */
const runtimeBytes = 16;
/** All fields that are written were in the first version of the schema. */
const minParserVersion = '1.0.0';

/**
 * The network with what Android's task library wants to know: how pixels become its input, and what its classes are called; and with the
 * oldest runtime that takes it, where that is known. Metadata of these two kinds that it has are replaced.
 * @param labels of all classes in order; without them none are written.
 */
export function withMetadata(model: TfliteModel, card: ModelCard, labels: readonly string[] = []): TfliteModel {
  const runtime = minimumRuntime(model);
  const replaced: readonly string[] = Object.values(metadataEntry);
  const kept = (model.metadata ?? []).filter(({ name }) => !replaced.includes(name));
  const files = (model.associatedFiles ?? []).filter(({ name }) => name !== labelsFile);
  if (labels.length > 0) files.push({ name: labelsFile, content: Buffer.from(`${labels.map(oneLine).join('\n')}\n`) });
  return {
    ...model,
    metadata: [
      ...kept,
      ...(runtime === undefined ? [] : [{ name: metadataEntry.runtime, data: padded(runtime) }]),
      { name: metadataEntry.description, data: writeFlatbuffer(metadataSchema, description(model, card, labels)) },
    ],
    ...(files.length > 0 && { associatedFiles: files }),
  };
}

function description(
  { graphs }: TfliteModel,
  card: ModelCard,
  labels: readonly string[],
): TableOf<Tables, 'ModelMetadata'> {
  const [graph] = graphs;
  const nameOf = (index: number): string => graph!.tensors[index]!.name;
  return {
    name: card.title ?? card.name,
    description: `Image classifier with ${card.output.classes} classes`,
    license: card.licence,
    subgraphMetadata: [
      {
        inputTensorMetadata: graph?.inputs.map((index) => ({ name: nameOf(index), ...imageInput(card) })),
        outputTensorMetadata: graph?.outputs.map((index) => ({
          name: nameOf(index),
          description: 'A score for each class',
          content: { contentProperties: { table: 'FeatureProperties', fields: {} } },
          associatedFiles:
            labels.length > 0
              ? [{ name: labelsFile, description: 'The classes, one a line', type: 'TENSOR_AXIS_LABELS' }]
              : undefined,
        })),
      },
    ],
    minParserVersion,
  };
}

/** The schema knows no order of colours but RGB: for another one the space stays unknown, which the task library refuses. */
const colorSpaces = { RGB: 'RGB', BGR: 'UNKNOWN', gray: 'GRAYSCALE' } as const;

function imageInput({ input, preprocess }: ModelCard): TableOf<Tables, 'TensorMetadata'> {
  const { channels, width, height } = input;
  // A network that takes raw pixels has mean and deviation inside.
  const { mean, std } = input.type === 'uint8' ? { mean: [0], std: [1] } : preprocess;
  const colorSpace = colorSpaces[channels];
  const order = channels === 'BGR' ? ', its channels in the order blue, green, red' : '';
  return {
    description: `Image of ${width} x ${height} pixels${order}`,
    content: {
      contentProperties: { table: 'ImageProperties', fields: { colorSpace, defaultSize: { width, height } } },
    },
    processUnits: [
      { options: { table: 'NormalizationOptions', fields: { mean: shortest(mean), std: shortest(std) } } },
    ],
    stats: {
      max: shortest(mean.map((value, channel) => (255 - value) / std[channel]!)),
      min: shortest(mean.map((value, channel) => -value / std[channel]!)),
    },
  };
}

/** One value stands for all channels, where they are equal. */
const shortest = (values: readonly number[]): number[] =>
  values.every((value) => value === values[0]) ? values.slice(0, 1) : [...values];

const oneLine = (label: string): string => label.replaceAll(/[\r\n]+/g, ' ');

function padded(text: string): Uint8Array {
  const bytes = new Uint8Array(runtimeBytes);
  bytes.set(Buffer.from(text, 'latin1'));
  return bytes;
}
