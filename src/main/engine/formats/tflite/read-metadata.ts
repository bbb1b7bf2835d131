import { FlatbufferError, hasIdentifier, readFlatbuffer } from '../flatbuffer/read-flatbuffer';
import type { TableOf, UnionValue } from '../flatbuffer/schema';
import type { TfliteModel } from './model';
import { metadataSchema } from './schema/metadata-schema';
import { metadataEntry } from './with-metadata';

type Tables = typeof metadataSchema.definition;

/** What a file says of itself for those who use it. */
export interface TfliteDescription {
  name?: string;
  description?: string;
  version?: string;
  author?: string;
  licence?: string;
  /** How pixels of 0..255 become the input: (pixel - mean) / std, one value for all channels or one for each. */
  normalization?: { mean: number[]; std: number[] };
  colorSpace?: 'RGB' | 'GRAYSCALE';
  /** Names of the classes in order. */
  labels?: string[];
  /** The oldest TensorFlow Lite that takes the file. */
  minimumRuntime?: string;
  /** The description is there and cannot be read; why. */
  problem?: string;
}

/** What the metadata of a file and the files that lie behind it tell; metadata that are damaged are reported and not trusted. */
export function readMetadata(model: TfliteModel): TfliteDescription {
  const entry = (name: string): Uint8Array | undefined => model.metadata?.find((found) => found.name === name)?.data;
  const runtime = Buffer.from(entry(metadataEntry.runtime) ?? [])
    .toString('latin1')
    .match(/^\d+(\.\d+){1,3}/)?.[0];
  const data = entry(metadataEntry.description);
  return {
    ...(data && described(data, model)),
    ...(runtime !== undefined && { minimumRuntime: runtime }),
  };
}

function described(data: Uint8Array, { associatedFiles = [] }: TfliteModel): TfliteDescription {
  if (!hasIdentifier(metadataSchema, data)) return { problem: 'they are of an unknown kind' };
  try {
    const {
      name,
      description,
      version,
      author,
      license: licence,
      subgraphMetadata,
    } = readFlatbuffer(metadataSchema, data);
    const [graph] = subgraphMetadata ?? [];
    return withoutAbsent({
      ...{ name, description, version, author, licence },
      ...inputOf(graph?.inputTensorMetadata?.[0]),
      labels: labelsOf(graph?.outputTensorMetadata ?? [], associatedFiles),
    });
  } catch (thrown) {
    if (!(thrown instanceof FlatbufferError)) throw thrown;
    return { problem: thrown.message };
  }
}

function inputOf(input: TableOf<Tables, 'TensorMetadata'> | undefined): Partial<TfliteDescription> {
  const content = fieldsOf(input?.content?.contentProperties, 'ImageProperties');
  const unit = input?.processUnits?.find(({ options }) => options?.table === 'NormalizationOptions');
  const { mean, std } = fieldsOf(unit?.options, 'NormalizationOptions') as TableOf<Tables, 'NormalizationOptions'>;
  const { colorSpace } = content as TableOf<Tables, 'ImageProperties'>;
  return {
    ...(mean && std && mean.length > 0 && std.length > 0 && { normalization: { mean, std } }),
    ...((colorSpace === 'RGB' || colorSpace === 'GRAYSCALE') && { colorSpace }),
  };
}

const fieldsOf = (union: UnionValue | undefined, table: string): Record<string, unknown> =>
  union?.table === table ? union.fields : {};

function labelsOf(
  outputs: readonly TableOf<Tables, 'TensorMetadata'>[],
  files: NonNullable<TfliteModel['associatedFiles']>,
): string[] | undefined {
  const named = outputs
    .flatMap(({ associatedFiles = [] }) => associatedFiles)
    .find(({ type }) => type === 'TENSOR_AXIS_LABELS')?.name;
  const content = files.find(({ name }) => name === named)?.content;
  if (!content) return undefined;
  const lines = Buffer.from(content).toString('utf8').split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function withoutAbsent<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Value;
}
