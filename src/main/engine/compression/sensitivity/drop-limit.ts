import { AppError } from '@shared/errors';
import { defaultSensitivityImages } from '@shared/sensitivity';
import { machineFacts } from '../../machine/machine';
import type { Graph, Node } from '../../onnx/graph';
import { calculator } from '../calculator';
import type { TechniqueContext } from '../calibration/technique-context';
import { AgreementJudge } from '../calibration/agreement-judge';
import { measureSensitivity, sensitivityVersion } from './layer-sensitivity';
import { networkKey } from '../calibration/network-key';
import { rewriteQdq } from '../quantization/qdq-rewrite';
import { int8Variant } from './sensitivity-variants';
import type { StaticQuantizer } from '../quantization/static-quantizer';

/** Names in a note. */
const namedLayers = 12;

/**
 * The layers to leave in float so that int8 predicts the float network's class on calibration images with at most `maxDrop` percentage
 * points of exceptions: the fewest of those that alone disturb the output most, found by bisection. Notes what was found.
 * @param excluded nodes in float anyway. Throws `technique.failed` where a single int8 layer already loses more, `cancelled`.
 */
export async function layersBeyondDrop(
  float: Graph,
  excluded: ReadonlySet<Node>,
  quantizer: StaticQuantizer,
  maxDrop: number,
  { id, context }: { id: string; context: TechniqueContext },
): Promise<Node[]> {
  const judge = new AgreementJudge(context, id);
  await judge.begin(float);
  let tried = 0;
  const agreementWithout = async (nodes: readonly Node[]): Promise<number> => {
    context.progress('checking agreement', tried, ++tried);
    const plan = quantizer.plan(float, (node) => excluded.has(node) || nodes.includes(node));
    return judge.agreementOf(rewriteQdq(float, plan, await quantizer.choicesFor(plan)));
  };
  const isKept = (agreement: number): boolean => 100 - agreement <= maxDrop;
  const shown = (agreement: number): string => `${agreement.toFixed(1)} %`;

  const whole = await agreementWithout([]);
  const promise = `maxDrop ${maxDrop}: the class is that of the float network on`;
  if (isKept(whole)) {
    context.note(
      `${promise} ${shown(whole)} of ${judge.images} calibration images with every layer in int8${excluded.size > 0 ? ' but those excluded' : ''}.`,
    );
    return [];
  }
  const layers = [...quantizer.plan(float, (node) => excluded.has(node)).layers.values()];
  const options = { images: defaultSensitivityImages, id, context };
  const names = layers.map(({ node }) => node.name);
  const { isa } = await machineFacts();
  const divergences = await context.cached(
    ['layer-sensitivity', sensitivityVersion, calculator.version(), isa, networkKey(float), names, quantizer.key],
    async () => {
      const measured = await measureSensitivity(float, layers, [int8Variant(quantizer)], options);
      return measured.map(({ effects }) => effects[0]!.divergence);
    },
  );
  const worstFirst = layers
    .map(({ node }, at) => ({ node, divergence: divergences[at]! }))
    .sort((a, b) => b.divergence - a.divergence)
    .map(({ node }) => node);

  // One layer at least is quantized: with none there is nothing to deliver.
  let [least, most] = [1, layers.length - 1];
  let reached = most > 0 ? await agreementWithout(worstFirst.slice(0, most)) : whole;
  if (!isKept(reached)) {
    const detail = `with one layer in int8 the class still differs from the float network's on ${shown(100 - reached)} of ${judge.images} calibration images, more than maxDrop ${maxDrop} allows`;
    throw new AppError('technique.failed', { id, detail });
  }
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    const agreement = await agreementWithout(worstFirst.slice(0, middle));
    if (isKept(agreement)) [most, reached] = [middle, agreement];
    else least = middle + 1;
  }
  const kept = worstFirst.slice(0, most);
  const quoted = kept.map(({ name }) => `"${name}"`);
  const named = [...quoted.slice(0, namedLayers), ...(most > namedLayers ? [`${most - namedLayers} more`] : [])];
  context.note(
    `${promise} ${shown(reached)} of ${judge.images} calibration images with ${most} of ${layers.length} layers in float (${named.join(', ')}), and on ${shown(whole)} with none.`,
  );
  context.log(`${id} leaves in float: ${quoted.join(', ')}`);
  return kept;
}
