import { AppError } from '@shared/errors';
import { storedZip } from '../../files/zip';
import { capacityFor, writeFlatbuffer } from '../flatbuffer/write-flatbuffer';
import type { TableOf, UnionValue } from '../flatbuffer/schema';
import type { RowSparsity, TfliteGraph, TfliteModel, TfliteOperator, TfliteTensor } from './model';
import { modelSchema } from './schema/model-schema';
import { tfliteBytesLimit } from './read-model';
import { builtinOperators, firstGreaterCode, optionsOf } from './schema/operators';

type Tables = typeof modelSchema.definition;

const schemaVersion = 3;

/**
 * A TensorFlow Lite file: the flatbuffer of schema.fbs, with constants at multiples of 16 bytes and equal ones stored once.
 * Throws `format.too-large`; a plain error where the network names an operator or an option that the schema does not have.
 */
export function writeTflite(model: TfliteModel): Uint8Array {
  const constants = new Constants();
  const operatorCodes = new OperatorCodes();
  const value: TableOf<Tables, 'Model'> = {
    version: schemaVersion,
    description: model.description,
    subgraphs: model.graphs.map((graph) => graphTable(graph, constants, operatorCodes)),
    metadata: model.metadata?.map(({ name, data }) => ({ name, buffer: constants.indexOf(data) })),
    operatorCodes: operatorCodes.tables,
    buffers: constants.tables,
  };
  const files = model.associatedFiles ?? [];
  // The archive ends the file, and what it reserves keeps constants at their multiples: a flatbuffer is laid out from its end.
  const reserved = files.length > 0 ? roundUp(storedZip(files, 0).length) : 0;
  const bytes = capacityFor(value) + reserved;
  if (bytes > tfliteBytesLimit)
    throw new AppError('format.too-large', { format: 'tflite', bytes, limit: tfliteBytesLimit });
  const file = writeFlatbuffer(modelSchema, value, reserved);
  if (files.length > 0) {
    const { length } = storedZip(files, 0);
    file.set(storedZip(files, file.length - length), file.length - length);
  }
  return file;
}

const roundUp = (bytes: number): number => Math.ceil(bytes / 16) * 16;

function graphTable(
  { name, tensors, operators, inputs, outputs }: TfliteGraph,
  constants: Constants,
  operatorCodes: OperatorCodes,
): TableOf<Tables, 'SubGraph'> {
  return {
    name,
    tensors: tensors.map((tensor) => tensorTable(tensor, constants)),
    inputs,
    outputs,
    operators: operators.map((operator) => operatorTable(operator, operatorCodes)),
  };
}

function tensorTable(tensor: TfliteTensor, constants: Constants): TableOf<Tables, 'Tensor'> {
  const { name, shape, type, data, quantization, shapeSignature, isVariable, sparsity } = tensor;
  if ((tensor.isSparse && !sparsity) || quantization?.details)
    throw new Error(`the form of tensor "${name}" cannot be written`);
  return {
    name,
    shape,
    type,
    hasRank: true,
    isVariable,
    sparsity: sparsity && sparsityTable(shape, sparsity),
    shapeSignature,
    buffer: data && constants.indexOf(data),
    quantization: quantization && {
      scale: quantization.scale,
      zeroPoint: quantization.zeroPoint,
      quantizedDimension: quantization.axis,
    },
  };
}

function sparsityTable(
  shape: readonly number[],
  { segments, indices }: RowSparsity,
): TableOf<Tables, 'SparsityParameters'> {
  const last = shape.length - 1;
  return {
    traversalOrder: [...shape.keys()],
    dimMetadata: shape.map((denseSize, axis) =>
      axis < last
        ? { format: 'DENSE', denseSize }
        : { format: 'SPARSE_CSR', arraySegments: indexVector(segments), arrayIndices: indexVector(indices) },
    ),
  };
}

/** The narrowest vector that holds the numbers. */
function indexVector(values: number[]): UnionValue {
  const most = values.reduce((larger, value) => Math.max(larger, value), 0);
  if (most < 2 ** 8) return { table: 'Uint8Vector', fields: { values: Uint8Array.from(values) } };
  return { table: most < 2 ** 16 ? 'Uint16Vector' : 'Int32Vector', fields: { values } };
}

function operatorTable(operator: TfliteOperator, operatorCodes: OperatorCodes): TableOf<Tables, 'Operator'> {
  const { op, inputs, outputs, options, customOptions } = operator;
  const table = optionsOf.get(op);
  if (operator.hasUnknownOptions) throw new Error(`the options of ${op} cannot be written`);
  if (options && table === undefined) throw new Error(`${op} takes no options`);
  return {
    opcodeIndex: operatorCodes.indexOf(operator),
    inputs,
    outputs,
    builtinOptions: options && { table: table!, fields: options },
    customOptions,
  };
}

/** Operators with their versions, each once. */
class OperatorCodes {
  readonly tables: TableOf<Tables, 'OperatorCode'>[] = [];
  private readonly places = new Map<string, number>();

  indexOf({ op, version, customCode }: TfliteOperator): number {
    const key = `${op} ${version} ${customCode ?? ''}`;
    const known = this.places.get(key);
    if (known !== undefined) return known;
    const code = builtinOperators.indexOf(op);
    if (code < 0) throw new Error(`TensorFlow Lite has no operator "${op}"`);
    const deprecatedBuiltinCode = Math.min(code, firstGreaterCode);
    this.places.set(key, this.tables.length);
    return this.tables.push({ deprecatedBuiltinCode, builtinCode: op, version, customCode }) - 1;
  }
}

/** The buffers of a file, equal ones once. The first is empty: tensors without data point to it. */
class Constants {
  readonly tables: TableOf<Tables, 'Buffer'>[] = [{}];
  private readonly bySize = new Map<number, number[]>();

  indexOf(data: Uint8Array): number {
    const sameSize = this.bySize.get(data.length) ?? [];
    const known = sameSize.find((index) => Buffer.compare(this.tables[index]!.data!, data) === 0);
    if (known !== undefined) return known;
    this.bySize.set(data.length, [...sameSize, this.tables.length]);
    return this.tables.push({ data }) - 1;
  }
}
