import { weightStorage } from '../../compression/layers/network-form';
import type { Graph } from '../../onnx/graph';
import type { TfliteModel, TfliteTensor } from './model';
import { weightedOperators } from './weighted-operators';

export interface ConvertedNetwork {
  /** As the ONNX file stores it. */
  stored: Graph;
  /** With weights in forms that kernels have. */
  dense: Graph;
  model: TfliteModel;
}

/** Sentences on how the weights of a converted network are stored, where that differs from the ONNX file or was chosen. */
export function conversionNotes(
  { stored, dense, model }: ConvertedNetwork,
  { weights, zeros }: { weights: 'int8' | 'int4'; zeros: 'dense' | 'sparse' },
): string[] {
  return [
    ...(zeros === 'dense' ? denseNotes(stored, dense) : [sparseNote(model)]),
    ...(weights === 'int4' ? [fourBitNote(model)] : []),
  ];
}

function denseNotes(stored: Graph, graph: Graph): string[] {
  const storage = [...weightStorage(stored)];
  const dense = storage.filter(
    ([name, form]) => (form === 'sparse' || form === 'codes') && graph.initializers.get(name)?.type === 'float32',
  );
  if (dense.length === 0) return [];
  const hasZeros = dense.some(([, form]) => form === 'sparse');
  return [
    `Weights of ${dense.length} of ${storage.length} layers, which the ONNX file stores without their zeros or behind a table, are stored densely ` +
      `in the TensorFlow Lite file. The size after compression says what they take in transport${hasZeros ? '; "zeros: sparse" under "deploy" leaves zeros out' : ''}.`,
  ];
}

const ofLayers = ({ graphs }: TfliteModel, isSuch: (stored: TfliteTensor) => boolean): string => {
  const layers = weightedOperators(graphs[0]!);
  return `${layers.filter(({ stored }) => stored && isSuch(stored)).length} of ${layers.length} layers`;
};

const sparseNote = (model: TfliteModel): string =>
  `Weights of ${ofLayers(model, ({ isSparse }) => isSparse === true)} are stored without their zeros; the others are smaller with them. ` +
  'The runtimes put the zeros back when they load the file: no speed-up.';

const fourBitNote = (model: TfliteModel): string =>
  `Weights of ${ofLayers(model, ({ type }) => type === 'INT4')} are stored as int4: codes of at most 4 bits with one step for each output channel.`;
