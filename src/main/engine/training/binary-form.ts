import { roundToHalfReals } from '../compression/algebra/half-reals';
import type { WeightLayer } from '../compression/layers/weight-layers';
import { weightRows, type WeightRows } from '../compression/layers/weight-rows';
import { packedInitializer } from '../compression/storage/bit-planes';
import { DecoderWriter } from '../compression/storage/decoder-writer';
import { FreshNames } from '../onnx/fresh-names';
import { copyGraph, type Graph, type Tensor } from '../onnx/graph';
import { float32Tensor } from '../onnx/make';
import { removeDead } from '../onnx/remove-dead';
import { relativeRate } from './relative-rate';
import type { ParameterGroup } from './step-graph';
import type { TrainedForm } from './trained-form';
import type { TrainingSession } from './training-session';
import { writeWeight } from './write-weight';

export interface BinaryForm extends TrainedForm {
  /** How binary weights are, from 0, float weights, to 1, signs with a scale a row. */
  harden(session: TrainingSession, share: number): void;
}

interface Part {
  layer: WeightLayer;
  rows: WeightRows;
  /** Means of each row, with which the scales begin. */
  magnitudes: Float32Array;
  /** Names of constants. */
  latent: string;
  scale: string;
}

/** Signs of weights beyond so many mean magnitudes of their row are settled: nothing comes through. */
const reach = 3;

/**
 * Weights of some layers as signs with a scale for each output channel (Rastegari et al. 2016, "XNOR-Net"). Float weights learn behind them
 * through the clipped straight-through estimate of the sign, the scales by themselves. Between float weights v and signs stand
 * `(1 - t) v + t a sign(v)` (Yin et al. 2018, "BinaryRelax").
 * @param layers of the network that is trained, each weight once
 * @param others of all other weights
 */
export function binaryForm(layers: readonly WeightLayer[], others: TrainedForm): BinaryForm {
  let [parts, share]: [Part[], string] = [[], ''];
  return {
    of(network) {
      const { graph: formed, parameters: known, settings = [], ...rest } = others.of(network);
      const [graph, parameters] = [copyGraph(formed), new Map(known)];
      const names = new FreshNames(graph);
      const write = new DecoderWriter(graph, names);
      const constant = (name: string, shape: number[], data: Float32Array): string => {
        const constantName = names.like(name);
        graph.initializers.set(constantName, float32Tensor(shape, data));
        return constantName;
      };
      share = constant('binary.share', [1], Float32Array.of(1));
      const softShare = write.emit('Sub', [write.constant(float32Tensor([], [1])), share]);
      parts = layers.map((layer) => {
        parameters.delete(layer.weightName);
        graph.initializers.delete(layer.weightName);
        return addPart({ write, constant, share, softShare, parameters }, layer);
      });
      write.finish();
      return { ...rest, graph, parameters, settings: [...settings, share] };
    },

    harden(session, amount) {
      session.setting(share)?.fill(amount);
    },

    finish(network, learned) {
      const graph = removeDead(others.finish(network, learned));
      const names = new FreshNames(graph);
      for (const part of parts) store(graph, part, learned, names);
      return graph;
    },
  };
}

interface Forming {
  write: DecoderWriter;
  /** Gives the graph a constant, and its name. */
  constant(name: string, shape: number[], data: Float32Array): string;
  share: string;
  softShare: string;
  parameters: Map<string, ParameterGroup>;
}

/** Puts nodes that make a weight of what is learned where the graph had it. */
function addPart({ write, constant, share, softShare, parameters }: Forming, layer: WeightLayer): Part {
  const rows = weightRows(layer);
  const shape = [rows.rows, rows.columns];
  const rate = relativeRate(rows.data);
  const magnitudes = Float32Array.from({ length: rows.rows }, (_, row) => {
    const own = rows.data.subarray(row * rows.columns, (row + 1) * rows.columns);
    return own.reduce((sum, value) => sum + Math.abs(value), 0) / rows.columns;
  });
  const latent = constant(`${layer.weightName}.weights`, shape, rows.data);
  const scale = constant(`${layer.weightName}.scale`, [rows.rows, 1], magnitudes);
  for (const name of [latent, scale]) parameters.set(name, { weightDecay: 0, rate });
  const reaches = write.store(
    float32Tensor(
      [rows.rows, 1],
      magnitudes.map((magnitude) => (magnitude === 0 ? 1 : reach * magnitude)),
    ),
  );
  const signs = write.emit('Sign', [write.emit('Div', [latent, reaches])]);
  const hard = write.emit('Mul', [write.emit('Mul', [signs, scale]), share]);
  const weights = write.emit('Add', [hard, write.emit('Mul', [latent, softShare])]);
  writeWeight(write, weights, orderOf(rows), false, layer.weightName);
  return { layer, rows, magnitudes, latent, scale };
}

const orderOf = ({ shape, isTransposed }: WeightRows) => ({ shape, ...(isTransposed && { permutation: [1, 0] }) });

/** Stores the signs of what was learned, as codes 1 and 0, with its scales. */
function store(graph: Graph, part: Part, learned: ReadonlyMap<string, Tensor>, names: FreshNames): void {
  const { layer, rows, magnitudes, latent, scale } = part;
  const numbersOf = (name: string): Float32Array | undefined => learned.get(name)?.data as Float32Array | undefined;
  const codes = Uint8Array.from(numbersOf(latent) ?? rows.data, (weight) => (weight >= 0 ? 1 : 0));
  const decode = { bases: roundToHalfReals(numbersOf(scale) ?? magnitudes) };
  const packed = { codes, bits: 1, rowLength: rows.columns, decode, ...orderOf(rows) };
  packedInitializer(graph, layer.weightName, packed, names);
}
