import { hashFile } from '../../files/hash-file';
import { layersOf, totalsOf, type TfliteLayer } from './count';
import { loadTfliteFile } from './load-model';
import type { TfliteGraph, TfliteQuantization, TfliteTensor } from './model';
import { readMetadata, type TfliteDescription } from './read-metadata';
import { weightedOperators } from './weighted-operators';

/** An input or output. */
interface TfliteValue {
  name: string;
  type: string;
  shape: number[];
  quantization?: { scale: number; zeroPoint: number };
}

/** Layers that multiply in the same way. */
interface LayerForm {
  /** "INT8" of the weights as they are stored. */
  weights: string;
  /** "FLOAT32" of what they are applied to. */
  activations: string;
  /** A scale for each channel, one for the whole tensor, or none. */
  scales: 'channel' | 'tensor' | 'none';
  layers: number;
}

/** Everything a .tflite file tells of itself, for `inspect` and the window. */
export interface TfliteInspection {
  path: string;
  sha256: string;
  sizeBytes: number;
  /** Networks in the file; what follows is of the first, which is the one that is run. */
  graphs: number;
  /** What its writer put into the file as a description. */
  writtenAs?: string;
  inputs: TfliteValue[];
  outputs: TfliteValue[];
  operators: { op: string; version: number; count: number }[];
  tensors: number;
  params: number;
  nonZeroParams: number;
  macs: number;
  /** Constants by the type they are stored in, each stored content once, largest first. */
  constants: { type: string; tensors: number; bytes: number }[];
  forms: LayerForm[];
  metadata: { name: string; bytes: number }[];
  associatedFiles: { name: string; bytes: number }[];
  description: TfliteDescription;
  layers: TfliteLayer[];
}

/** Throws as `loadTflite`. */
export async function inspectTflite(path: string): Promise<TfliteInspection> {
  const { model, bytes } = await loadTfliteFile(path);
  const graph = model.graphs[0]!;
  const layers = layersOf(graph);
  const values = (indices: readonly number[]): TfliteValue[] => indices.map((index) => valueOf(graph.tensors[index]!));
  return {
    path,
    sha256: await hashFile(path),
    sizeBytes: bytes.length,
    graphs: model.graphs.length,
    ...(model.description && { writtenAs: model.description }),
    inputs: values(graph.inputs),
    outputs: values(graph.outputs),
    operators: operatorsOf(graph),
    tensors: graph.tensors.length,
    ...totalsOf(layers, path),
    constants: constantsOf(graph),
    forms: formsOf(graph),
    metadata: (model.metadata ?? []).map(({ name, data }) => ({ name, bytes: data.length })),
    associatedFiles: (model.associatedFiles ?? []).map(({ name, content }) => ({ name, bytes: content.length })),
    description: readMetadata(model),
    layers,
  };
}

function valueOf({ name, type, shape, shapeSignature, quantization }: TfliteTensor): TfliteValue {
  const [scale, zeroPoint] = [quantization?.scale[0], quantization?.zeroPoint[0]];
  return {
    name,
    type,
    shape: shapeSignature ?? shape,
    ...(scale !== undefined && zeroPoint !== undefined && { quantization: { scale, zeroPoint } }),
  };
}

function operatorsOf({ operators }: TfliteGraph): TfliteInspection['operators'] {
  return grouped(operators, ({ op, customCode, version }) => `${version} ${customCode ?? op}`)
    .map((same) => ({ op: same[0]!.customCode ?? same[0]!.op, version: same[0]!.version, count: same.length }))
    .sort((a, b) => b.count - a.count);
}

function constantsOf({ tensors }: TfliteGraph): TfliteInspection['constants'] {
  const stored = new Map(tensors.filter(({ data }) => data?.length).map((tensor) => [tensor.data!.byteOffset, tensor]));
  return grouped([...stored.values()], ({ type }) => type)
    .map((same) => ({
      type: same[0]!.type,
      tensors: same.length,
      bytes: same.reduce((sum, { data }) => sum + data!.length, 0),
    }))
    .sort((a, b) => b.bytes - a.bytes);
}

function formsOf(graph: TfliteGraph): LayerForm[] {
  const forms = weightedOperators(graph).map(({ weights, stored = weights, activations }) => ({
    weights: stored.type,
    activations: activations.type,
    scales: scalesOf(stored.quantization),
  }));
  return grouped(forms, (form) => Object.values(form).join(' '))
    .map((same) => ({ ...same[0]!, layers: same.length }))
    .sort((a, b) => b.layers - a.layers);
}

function scalesOf(quantization: TfliteQuantization | undefined): LayerForm['scales'] {
  if (!quantization || quantization.details) return 'none';
  return quantization.scale.length > 1 ? 'channel' : 'tensor';
}

function grouped<Value>(values: readonly Value[], keyOf: (value: Value) => string): Value[][] {
  const groups = new Map<string, Value[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return [...groups.values()];
}
