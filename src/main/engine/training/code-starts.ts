import { decodeCodes } from '../compression/storage/bit-planes';
import type { CodedWeights } from '../compression/storage/codebook';
import { weightLayers } from '../compression/layers/weight-layers';
import { weightRows } from '../compression/layers/weight-rows';
import type { Graph } from '../onnx/graph';

/** Weights farther than this from what codes stand for, as a share of it, are not those that were coded. */
const mostDistance = 0.5;

/**
 * The float weights that codes stand for, in the order of the codes: those of the layer of the same name in the network before, where they
 * are near; else what the codes decode to.
 * @param network with plain weights
 * @param before with plain weights
 */
export function weightsBehindCodes(
  coded: ReadonlyMap<string, CodedWeights>,
  network: Graph,
  before: Graph,
): Map<string, Float32Array> {
  const known = new Map(weightLayers(before).map((layer) => [layer.node.name, layer]));
  const weights = new Map<string, Float32Array>();
  for (const { node, weightName } of weightLayers(network)) {
    const own = coded.get(weightName);
    if (!own || weights.has(weightName)) continue;
    const decoded = decodeCodes(own) as Float32Array;
    const layer = known.get(node.name);
    const rows = layer && weightRows(layer);
    const isAlike = rows?.shape.join() === own.shape.join() && rows.isTransposed === (own.permutation !== undefined);
    weights.set(weightName, isAlike && distance(rows.data, decoded) < mostDistance ? rows.data : decoded);
  }
  return weights;
}

/** Norm of the difference over that of `b`. */
function distance(a: Float32Array, b: Float32Array): number {
  let [error, power] = [0, 0];
  for (let at = 0; at < b.length; at++) {
    error += (a[at]! - b[at]!) ** 2;
    power += b[at]! ** 2;
  }
  return Math.sqrt(error / Math.max(power, Number.MIN_VALUE));
}
