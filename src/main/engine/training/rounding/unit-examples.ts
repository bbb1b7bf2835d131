import type { PairedActivations } from '../../compression/calibration/paired-activations';
import { FreshNames } from '../../onnx/fresh-names';
import type { Graph } from '../../onnx/graph';
import { makeValue } from '../../onnx/make';
import { NodeWriter } from '../../onnx/node-writer';
import { isJudging } from './judging-images';
import { nodesOf, type RoundingUnit } from './rounding-units';

/** What a unit reads and what it is to give, for one image. */
export interface Example {
  /** The entry in the network as it is rounded so far. */
  own: Float32Array;
  /** The entry in the float network; the same array where nothing before the unit was rounded. */
  reference: Float32Array;
  /** The exit in the float network. */
  target: Float32Array;
}

export interface UnitExamples {
  /** Of one image, without the axis that counts images. */
  entryShape: number[];
  exitShape: number[];
  fitted: Example[];
  judging: Example[];
}

/**
 * The examples of a unit, of as many calibration images as memory allows.
 * @returns undefined where its values do not count images along their first axis
 * Throws `technique.failed` without images, `cancelled`.
 */
export async function unitExamples(
  unit: RoundingUnit,
  network: Graph,
  float: Graph,
  activations: PairedActivations,
): Promise<UnitExamples | undefined> {
  const { referenceOf } = activations;
  const examples: UnitExamples = { entryShape: [], exitShape: [], fitted: [], judging: [] };
  let [own, reference, target]: [string, string, string] = ['', '', ''];
  const extend = (section: Graph): void => {
    const reads = nodesOf(unit, float).map((node) => ({
      ...node,
      name: '',
      inputs: node.inputs.map(referenceOf),
      outputs: node.outputs.map(referenceOf),
    }));
    section.nodes.push(...reads);
    const write = new NodeWriter(section, new FreshNames(section));
    // An input of the section cannot be its output as well.
    const copied = (value: string): string => write.emit('Identity', [value]);
    own = copied(unit.entry);
    reference = referenceOf(unit.entry) === unit.entry ? own : copied(referenceOf(unit.entry));
    target = referenceOf(unit.exit);
    write.append();
    section.outputs = [...new Set([own, reference, target])].map((name) => makeValue(name, 'float32', []));
  };
  let countsImages = true;
  await activations.observe(network.nodes[unit.nodes[0]!]!, extend, (results, batch) => {
    const [entry, other, exit] = [results[own]!, results[reference]!, results[target]!];
    const [images = 0, ...entryShape] = entry.shape;
    countsImages &&= images > 0 && exit.shape[0] === images && exit.shape.length > 1;
    if (!countsImages) return;
    examples.entryShape = entryShape;
    examples.exitShape = exit.shape.slice(1);
    const into = isJudging(batch) ? examples.judging : examples.fitted;
    const part = (data: unknown, image: number): Float32Array => {
      const all = data as Float32Array;
      return all.subarray((image * all.length) / images, ((image + 1) * all.length) / images);
    };
    for (let image = 0; image < images; image++) {
      const [mine, theirs, wanted] = [entry, other, exit].map(({ data }) => part(data, image)) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      into.push({ own: mine, reference: own === reference ? mine : theirs, target: wanted });
    }
  });
  return countsImages ? examples : undefined;
}
