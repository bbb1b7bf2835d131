import { AppError } from '@shared/errors';
import { channelCount, type ModelCard } from '@shared/model-card';
import { decodeWeights } from '../../../compression/layers/decode-weights';
import { weightStorage } from '../../../compression/layers/network-form';
import { readCodes } from '../../../compression/storage/read-codes';
import { elementCount, type Graph } from '../../../onnx/graph';
import { indexGraph } from '../../../onnx/graph-index';
import { handsOn, producerBehind } from '../../../onnx/score-output';
import { Inexpressible } from '../../from-onnx/inexpressible';
import { prepare } from '../../from-onnx/prepare';
import { classLabels } from '../class-labels';
import { labelName, probabilitiesName, type CoremlModel } from '../model';
import { ProgramBuilder, tensorType, text, type MilValue, type Precision } from '../program-builder';
import { dataTypes } from '../schema';
import { Conversion } from './conversion';
import type { PackedLayers } from './layer-weights';

export interface CoremlOptions {
  precision: Precision;
  input: 'image' | 'tensor';
  output: 'labels' | 'scores';
}

/**
 * The network of an ONNX graph as an ML Program. Weights that the graph decodes are stored in few bits, without their zeros or as codes here too.
 * @param graph an image classifier as its file stores it; it is not changed
 * Throws `format.unsupported-operator` naming every operator that has no counterpart.
 */
export async function convertNetwork(graph: Graph, card: ModelCard, options: CoremlOptions): Promise<CoremlModel> {
  const { dense, packed } = await weightsOf(graph);
  const found = attempt(dense, packed, card, options);
  if (!('inexpressible' in found)) return found;
  throw new AppError('format.unsupported-operator', {
    path: graph.origin ?? graph.name,
    format: 'mlpackage',
    operators: found.inexpressible.join(', '),
  });
}

const none: PackedLayers = { layers: new Set(), codes: new Map() };

/** Operators of the graph that cannot be expressed, each once. */
export async function findUnsupported(graph: Graph, card: ModelCard): Promise<string[]> {
  const options: CoremlOptions = { precision: 'FLOAT16', input: 'tensor', output: 'scores' };
  const found = attempt(await decodeWeights(graph), none, card, options, true);
  return 'inexpressible' in found ? found.inexpressible : [];
}

/** The graph with plain weights, and which of them its file stores in fewer bytes. */
async function weightsOf(graph: Graph): Promise<{ dense: Graph; packed: PackedLayers }> {
  const codes = await readCodes(graph);
  const storage = weightStorage(graph);
  const isSmall = (name: string): boolean => /^(sparse|codes)$/.test(storage.get(name) ?? '');
  const layers = new Set(graph.nodes.filter(({ inputs }) => isSmall(inputs[1] ?? '')).map(({ name }) => name));
  return { dense: await decodeWeights(graph), packed: { layers, codes } };
}

function attempt(
  graph: Graph,
  packed: PackedLayers,
  card: ModelCard,
  options: CoremlOptions,
  isDry = false,
): CoremlModel | { inexpressible: string[] } {
  try {
    const prepared = prepare(graph);
    const builder = new ProgramBuilder(options.precision);
    const conversion = new Conversion(builder, prepared.graph, packed, isDry);
    const { feature, value } = imageValue(builder, prepared.graph, prepared.inputLayout, card, options.input);
    conversion.run(value);
    if (conversion.inexpressible.size > 0) return { inexpressible: [...conversion.inexpressible] };
    const scores = conversion.result(prepared.graph.outputs[0]!.name);
    const labels = options.output === 'labels' ? classLabels(card, elementCount(scores.shape)) : undefined;
    const outputs = labels
      ? labelled(builder, prepared.graph, scores, labels)
      : plain(builder, scores, prepared.graph.outputs[0]!.name);
    return {
      specificationVersion: builder.specificationVersion,
      program: builder.program([feature], Array.isArray(outputs) ? outputs : [outputs.name]),
      blobs: builder.blobs,
      weights: conversion.weights,
      input: { ...feature, isImage: options.input === 'image' },
      ...(Array.isArray(outputs) ? {} : { scores: outputs }),
    };
  } catch (thrown) {
    if (thrown instanceof Inexpressible) return { inexpressible: [thrown.operator] };
    throw thrown;
  }
}

/** What the file takes, and what the network makes of it: pixels are normalised as the card says, and brought into the order of its axes. */
function imageValue(
  builder: ProgramBuilder,
  graph: Graph,
  layout: 'NCHW' | 'NHWC',
  card: ModelCard,
  taken: CoremlOptions['input'],
): { feature: MilValue; value: MilValue } {
  const [input] = graph.inputs;
  const shape = input!.shape.map((size) => (typeof size === 'number' ? size : openInput()));
  const channels = channelCount(card.input);
  const isPixels = taken === 'image';
  const [height, width] = layout === 'NCHW' ? [shape[2]!, shape[3]!] : [shape[1]!, shape[2]!];
  const taker = isPixels ? [1, channels, height, width] : shape;
  const feature: MilValue = { name: builder.nameLike(input!.name), type: 'FLOAT32', shape: taker };
  let value = cast(builder, feature, builder.precision);
  if (!isPixels) return { feature, value };
  if (card.input.type !== 'uint8') {
    const { mean, std } = card.preprocess;
    const perChannel = (numbers: readonly number[], name: string): MilValue =>
      builder.floats(Float32Array.from(numbers), [1, numbers.length, 1, 1], name);
    const scale = std.map((deviation) => 1 / deviation);
    value = builder.emit(
      'sub',
      { x: value, y: perChannel(mean, 'image_mean') },
      { shape: taker, name: 'image_centred' },
    );
    value = builder.emit('mul', { x: value, y: perChannel(scale, 'image_scale') }, { shape: taker, name: 'image' });
  }
  if (layout === 'NCHW') return { feature, value };
  const perm = builder.integers([0, 2, 3, 1], 'image_axes');
  return { feature, value: builder.emit('transpose', { x: value, perm }, { shape, name: 'image_channels_last' }) };
}

const openInput = (): never => {
  throw new Inexpressible('an input of open shape');
};

function cast(builder: ProgramBuilder, x: MilValue, type: Precision, name = `${x.name}_cast`): MilValue {
  if (x.type === type) return x;
  const dtype = builder.string(type === 'FLOAT16' ? 'fp16' : 'fp32', `${x.name}_dtype`);
  return builder.emit('cast', { x, dtype }, { shape: x.shape, type, name });
}

/** The scores as numbers of 32 bits under their ONNX name, as far as that is free. */
function plain(builder: ProgramBuilder, scores: MilValue, name: string): MilValue {
  return cast(builder, scores, 'FLOAT32', `${name}_scores`);
}

/** The most likely class, and what is thought of each: scores that are no probabilities yet become them. */
function labelled(builder: ProgramBuilder, graph: Graph, scores: MilValue, labels: readonly string[]): string[] {
  const shape = [1, labels.length];
  const flat =
    scores.shape.length === 2
      ? scores
      : builder.emit(
          'reshape',
          { x: scores, shape: builder.integers(shape, 'scores_shape') },
          { shape, name: 'scores_flat' },
        );
  const wide = cast(builder, flat, 'FLOAT32');
  const axis = builder.integer(-1, 'softmax_axis');
  const probabilities = endsInSoftmax(graph)
    ? wide
    : builder.emit('softmax', { x: wide, axis }, { shape, type: 'FLOAT32', name: 'probabilities' });
  const string = tensorType({ type: 'STRING', shape: [] });
  const classes = {
    stored: {
      type: { listType: { type: string, length: { constant: { size: labels.length } } } },
      immediateValue: { list: { values: labels.map(text) } },
    },
  };
  const number = { tensorType: { dataType: dataTypes.FLOAT64.code } };
  builder.push('classify', { probabilities, classes }, [
    { name: labelName, type: string },
    { name: probabilitiesName, type: { dictionaryType: { keyType: string, valueType: number } } },
  ]);
  return [labelName, probabilitiesName];
}

/** Codes are numbers too. */
const passed = new Set([...handsOn, 'QuantizeLinear', 'DequantizeLinear']);

const endsInSoftmax = (graph: Graph): boolean =>
  producerBehind(graph.outputs[0]!.name, indexGraph(graph), passed)?.op === 'Softmax';
