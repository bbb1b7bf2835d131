import { open, stat } from 'node:fs/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, type ModelProto } from 'onnx-buf';
import { AppError } from '@shared/errors';
import { decodeGraph } from './decode';
import type { TensorSource } from './decode-tensor';
import { externalDataBeside, noExternalData } from './external-data';
import type { Graph } from './graph';
import { recogniseForeign } from './recognise';
import { validateGraph } from './validate';
import { outlineOf } from './wire-outline';

/** Protobuf itself allows no message of 2 GiB; the same limit holds for all external data together. */
const modelBytesLimit = 2 ** 31 - 1;
/** Exits behind exits; more are no network that anybody made. */
const deepestBranch = 16;
/** The newest is the newest that ONNX Runtime loads. */
export const supportedOpsets = { min: 7, max: 26 };

/**
 * Reads an ONNX file and its external data. Constant nodes become initializers, initializers leave the list of inputs,
 * nodes are in topological order and have unique names. The file is not trusted: sizes are checked before memory is
 * taken, and external data may not leave the model's folder.
 *
 * Throws `model.not-found`, `model.not-onnx`, `model.truncated`, `model.too-large`, `model.unsupported-opset`,
 * `model.unsupported-operator`, `model.invalid-tensor`, `model.invalid-graph`, `model.external-data-outside`,
 * `model.external-data-missing`, or `model.not-classifier` where an input or output is not a tensor at all.
 */
export async function loadModel(path: string): Promise<Graph> {
  const graph = parse(await readWhole(path), { origin: path, external: externalDataBeside(path, modelBytesLimit) });
  return { ...graph, origin: path };
}

/** The same for a network that may choose with `If`, for each image, which part of it runs: what is known of such a file is how large it is and what it computes. */
export async function loadBranching(path: string): Promise<Graph> {
  const external = externalDataBeside(path, modelBytesLimit);
  return { ...parse(await readWhole(path), { origin: path, external, branchDepth: deepestBranch }), origin: path };
}

/**
 * The same for a network that is only looked at: other subgraphs than branches, local functions and values that are no tensors, which no
 * technique handles, are passed over. It cannot be written again.
 */
export async function loadForInspection(path: string): Promise<Graph> {
  const bytes = await readWhole(path);
  const read = (branchDepth?: number): Graph =>
    parse(bytes, {
      ...{ origin: path, external: externalDataBeside(path, modelBytesLimit), passesOver: true },
      ...(branchDepth !== undefined && { branchDepth }),
    });
  try {
    return { ...read(deepestBranch), origin: path };
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    // Branches of a kind that is not known are passed over too.
    return { ...read(), origin: path };
  }
}

/**
 * As `loadModel` for bytes in memory. External data is refused.
 * @param origin where the bytes come from, for messages.
 */
export function parseModel(bytes: Uint8Array, origin: string): Graph {
  return parse(bytes, { origin, external: noExternalData(origin) });
}

/** As `loadBranching` for bytes in memory. */
export function parseBranching(bytes: Uint8Array, origin: string): Graph {
  return parse(bytes, { origin, external: noExternalData(origin), branchDepth: deepestBranch });
}

function parse(bytes: Uint8Array, source: TensorSource): Graph {
  const { origin } = source;
  const foreign = recogniseForeign(bytes);
  if (foreign) throw new AppError('model.not-onnx', { path: origin, found: foreign });
  const outline = outlineOf(bytes);
  if (outline.kind === 'foreign')
    throw new AppError('model.not-onnx', { path: origin, found: 'its content is not an ONNX network' });
  if (outline.kind === 'truncated') throw new AppError('model.truncated', { path: origin, detail: outline.detail });

  const model = decodeMessage(bytes, origin);
  if (hasControlCharacters(model.producerName)) {
    throw new AppError('model.not-onnx', { path: origin, found: 'perhaps a TensorFlow SavedModel' });
  }
  if (!model.graph) throw new AppError('model.truncated', { path: origin, detail: 'it holds no network' });
  checkOpset(model, origin);
  return validateGraph(decodeGraph(model, model.graph, source), origin);
}

function decodeMessage(bytes: Uint8Array, origin: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('model.truncated', { path: origin, detail }, { cause });
  }
}

function checkOpset(model: ModelProto, path: string): void {
  const opset = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version;
  if (opset === undefined) throw new AppError('model.truncated', { path, detail: 'it does not say its opset version' });
  const { min, max } = supportedOpsets;
  if (opset < min || opset > max)
    throw new AppError('model.unsupported-opset', { path, opset: String(opset), min, max });
}

function hasControlCharacters(text: string): boolean {
  return [...text].some((character) => character < ' ');
}

async function readWhole(path: string): Promise<Uint8Array> {
  const failed = (cause: NodeJS.ErrnoException): never => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')
      throw new AppError('model.not-found', { name: path }, { cause });
    const found = cause.code === 'EACCES' ? 'it may not be read' : 'it cannot be opened';
    throw new AppError('model.not-onnx', { path, found }, { cause });
  };
  // Looked at before it is opened: opening a pipe would wait for its writer.
  const { size, kind } = await stat(path).then(
    (found) => ({
      size: found.size,
      kind: found.isFile() ? 'file' : found.isDirectory() ? 'a folder' : 'not a regular file',
    }),
    failed,
  );
  if (kind !== 'file') throw new AppError('model.not-onnx', { path, found: kind });
  if (size > modelBytesLimit) throw new AppError('model.too-large', { path, bytes: size, limit: modelBytesLimit });

  const file = await open(path, 'r').catch(failed);
  try {
    const bytes = new Uint8Array(size);
    for (let done = 0; done < bytes.length;) {
      const { bytesRead } = await file.read(bytes, done, bytes.length - done, done);
      if (bytesRead === 0)
        throw new AppError('model.truncated', { path, detail: 'it became shorter while it was read' });
      done += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
