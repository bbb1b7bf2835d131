import { AppError } from '@shared/errors';
import { readZip } from '../../files/read-zip';
import { recogniseForeign } from '../../onnx/recognise';
import { FlatbufferError, hasIdentifier, readFlatbuffer } from '../flatbuffer/read-flatbuffer';
import { withDefaults, type TableOf } from '../flatbuffer/schema';
import { checkOrder } from './check-order';
import type { TfliteGraph, TfliteModel, TfliteOperator } from './model';
import { readTensor } from './read-tensor';
import { modelSchema } from './schema/model-schema';
import { builtinOperators, firstGreaterCode } from './schema/operators';

type Tables = typeof modelSchema.definition;
type TfliteOptions = NonNullable<TfliteOperator['options']>;

/** Offsets in a flatbuffer are signed 32-bit numbers; what lies behind it is held to the same. */
export const tfliteBytesLimit = 2 ** 31 - 1;
const schemaVersion = 3;

/**
 * A TensorFlow Lite file as plain values; constants are views of its bytes and copy nothing, at whatever place they lie. The file is not
 * trusted: offsets, lengths, indices, shapes and the order of operators are checked.
 * @param origin where the bytes come from, for messages.
 * Throws `tflite.foreign`, `tflite.damaged`, `model.too-large`.
 */
export function readTflite(content: Uint8Array, origin = 'The file'): TfliteModel {
  // Views of a Node buffer would be buffers too, with methods of their own.
  const bytes = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length > tfliteBytesLimit)
    throw new AppError('model.too-large', { path: origin, bytes: bytes.length, limit: tfliteBytesLimit });
  if (!hasIdentifier(modelSchema, bytes)) {
    const found =
      bytes.length < 8 ? `it has ${bytes.length} bytes` : (recogniseForeign(bytes) ?? 'the mark TFL3 is missing');
    throw new AppError('tflite.foreign', { path: origin, found });
  }
  try {
    return modelOf(readFlatbuffer(modelSchema, bytes), bytes);
  } catch (thrown) {
    if (!(thrown instanceof FlatbufferError)) throw thrown;
    throw new AppError('tflite.damaged', { path: origin, detail: thrown.message }, { cause: thrown });
  }
}

function modelOf(model: TableOf<Tables, 'Model'>, bytes: Uint8Array): TfliteModel {
  const { version = 0, subgraphs = [], operatorCodes = [], buffers = [], metadata, description } = model;
  if (version !== schemaVersion)
    throw new FlatbufferError(`its schema has version ${version}, and only version ${schemaVersion} is known`);
  if (subgraphs.length === 0) throw new FlatbufferError('it holds no network');
  const contents = buffers.map(({ data, offset = 0, size = 0 }, index) =>
    offset > 1 ? outside(bytes, offset, size, `buffer ${index}`) : data,
  );
  const files = readZip(bytes);
  if (files === 'damaged') throw new FlatbufferError('the archive of files behind its network is damaged');
  return {
    ...(description !== undefined && { description }),
    graphs: subgraphs.map((graph, index) => {
      const where = subgraphs.length > 1 ? ` of network ${index}` : '';
      return graphOf(graph, { operatorCodes, contents, bytes, where });
    }),
    ...(metadata && {
      metadata: metadata.map(({ name = '', buffer = 0 }) => ({
        name,
        data: at(contents, buffer, `the metadata "${name}" point to buffer`) ?? new Uint8Array(),
      })),
    }),
    ...(files && { associatedFiles: files }),
  };
}

interface Context {
  operatorCodes: readonly TableOf<Tables, 'OperatorCode'>[];
  contents: readonly (Uint8Array | undefined)[];
  bytes: Uint8Array;
  /** Which of several networks, for messages. */
  where: string;
}

function graphOf(graph: TableOf<Tables, 'SubGraph'>, context: Context): TfliteGraph {
  const { tensors = [], inputs = [], outputs = [], operators = [], name } = graph;
  const { contents, where } = context;
  const read: TfliteGraph = {
    ...(name !== undefined && { name }),
    tensors: tensors.map((tensor, index) => {
      const place = `tensor ${index}${where}`;
      return readTensor(tensor, at(contents, tensor.buffer ?? 0, `${place} points to buffer`), place);
    }),
    operators: operators.map((operator, index) => operatorOf(operator, context, `operator ${index}${where}`)),
    inputs,
    outputs,
  };
  checkOrder(read, where);
  return read;
}

function operatorOf(operator: TableOf<Tables, 'Operator'>, context: Context, place: string): TfliteOperator {
  const { opcodeIndex = 0, inputs = [], outputs = [], builtinOptions, builtinOptions2Type } = operator;
  const code = at(context.operatorCodes, opcodeIndex, `${place} has code`);
  const { largeCustomOptionsOffset: offset = 0, largeCustomOptionsSize: size = 0 } = operator;
  const customOptions = offset > 1 ? outside(context.bytes, offset, size, place) : operator.customOptions;
  const options = typeof builtinOptions?.table === 'string' ? builtinOptions : undefined;
  const hasUnknownOptions = !options && (builtinOptions !== undefined || Boolean(builtinOptions2Type));
  return {
    op: operatorName(code),
    version: code.version ?? 1,
    inputs,
    outputs,
    ...(options && { options: withDefaults(modelSchema, String(options.table), options.fields) as TfliteOptions }),
    ...(hasUnknownOptions && { hasUnknownOptions }),
    ...(code.customCode !== undefined && { customCode: code.customCode }),
    ...(customOptions && { customOptions }),
  };
}

/** Files from before 2020 have the code in the older field alone; later ones have both, equal where the older one suffices. */
function operatorName({ builtinCode = 0, deprecatedBuiltinCode = 0 }: TableOf<Tables, 'OperatorCode'>): string {
  if (typeof builtinCode === 'number' && builtinCode !== 0) return `OPERATOR_${builtinCode}`;
  const newer = typeof builtinCode === 'string' ? builtinOperators.indexOf(builtinCode) : 0;
  const code = Math.max(newer, deprecatedBuiltinCode);
  return (code === firstGreaterCode ? undefined : builtinOperators[code]) ?? `OPERATOR_${code}`;
}

/** Bytes behind the flatbuffer, where files of more than 2 GB have what does not fit. */
function outside(bytes: Uint8Array, offset: number, size: number, place: string): Uint8Array {
  if (offset + size > bytes.length) throw new FlatbufferError(`${place} lies outside the file`);
  return bytes.subarray(offset, offset + size);
}

function at<Value>(list: readonly Value[], index: number, what: string): Value {
  if (index >= list.length) throw new FlatbufferError(`${what} ${index}, and there are ${list.length}`);
  return list[index]!;
}
