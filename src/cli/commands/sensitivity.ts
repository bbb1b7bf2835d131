import { formatNumber } from '@shared/format';
import { formatRecipe, parseRecipe } from '@shared/recipe-syntax';
import { defaultPruneAmounts, defaultSensitivityImages, type SensitivityMethod } from '@shared/sensitivity';
import { stepWithout, worstLayers } from '@shared/sensitivity-order';
import { sensitivityReport } from '../../main/engine/sensitivity-report';
import { findTechnique } from '../../main/engine/techniques/registry';
import { usageError, type Arguments, type Command } from '../arguments';
import { runJob } from '../foreground-job';
import { sensitivityText } from '../sensitivity-text';
import { openNamedModel, openSession } from '../session';

const usualWidth = 120;

export const sensitivity: Command = {
  name: 'sensitivity',
  usage: 'MODEL',
  summary: 'which layers lose most when they alone are quantized or pruned',
  options: {
    data: { type: 'string', value: 'DIR', help: 'dataset; only calibration images are used' },
    images: {
      type: 'string',
      value: 'N',
      help: `calibration images (${defaultSensitivityImages}, or as many as there are)`,
    },
    recipe: { type: 'string', value: 'TEXT', help: "how a layer is quantized: 'quantize.static{weights:tensor}'" },
    bits: { type: 'string', value: 'N', help: 'weights alone in N bits, 1 to 8' },
    prune: {
      type: 'string',
      value: '[LIST]',
      optional: /^[\d.,]+$/,
      help: `prune instead, percents of each layer (${defaultPruneAmounts.map((share) => share * 100).join(',')})`,
    },
    seed: { type: 'string', value: 'N', help: 'which images (1)' },
  },
  async run(arguments_) {
    const data = arguments_.text('data');
    if (data === undefined) throw usageError(sensitivity, '--data DIR is missing');
    const images = arguments_.integer('images', 1, 100_000);
    const seed = arguments_.integer('seed', 0, 2 ** 31) ?? 1;
    const method = methodOf(arguments_);
    const engine = await openSession(arguments_);
    try {
      const model = await openNamedModel(engine, arguments_.positionals[0]!, arguments_);
      const request = { model: model.path, dataset: { path: data, seed }, images, method };
      const report = await sensitivityReport(engine, model, request, (job) => runJob(engine, job));
      const layers = worstLayers(report.layers).map(({ layer }) => layer);
      const step = stepWithout(method, layers);
      const recipe = layers.length > 0 && canExclude(step.technique) ? formatRecipe([step]) : undefined;
      process.stdout.write(
        arguments_.flag('json')
          ? `${JSON.stringify({ ...report, worst: layers, recipe }, null, 2)}\n`
          : sensitivityText(report, process.stdout.columns || usualWidth) + hint(layers, recipe),
      );
      return 0;
    } finally {
      engine.close();
    }
  },
};

/** @throws `usage`, `recipe.syntax` */
function methodOf(arguments_: Arguments): SensitivityMethod {
  const bits = arguments_.integer('bits', 1, 8);
  const [prune, recipe] = [arguments_.text('prune'), arguments_.text('recipe')];
  if ([bits, prune, recipe].filter((choice) => choice !== undefined).length > 1)
    throw usageError(sensitivity, '--bits, --prune and --recipe exclude each other');
  if (bits !== undefined) return { kind: 'bits', bits: [bits] };
  if (prune !== undefined)
    return { kind: 'prune', amounts: prune === '' ? [...defaultPruneAmounts] : amountsOf(prune) };
  if (recipe === undefined) return { kind: 'int8', params: {} };
  const [step, ...others] = parseRecipe(recipe);
  if (step?.technique !== 'quantize.static' || others.length > 0)
    throw usageError(sensitivity, `--recipe takes one step of quantize.static, not "${recipe}"`);
  return { kind: 'int8', params: step.params };
}

function amountsOf(list: string): number[] {
  const percents = list.split(',').map(Number);
  const areFine = list !== '' && percents.every((percent) => percent > 0 && percent <= 99) && percents.length <= 16;
  if (!areFine)
    throw usageError(sensitivity, `--prune takes up to 16 percents above 0 and up to 99 as in 25,50, not "${list}"`);
  return percents.map((percent) => percent / 100);
}

function canExclude(technique: string): boolean {
  return findTechnique(technique).params.safeParse({ exclude: [] }).success;
}

function hint(layers: readonly string[], recipe: string | undefined): string {
  if (layers.length === 0) return '';
  const which = layers.length === 1 ? 'the worst layer' : `the ${formatNumber(layers.length)} worst layers`;
  return recipe === undefined
    ? `\nTo spare: ${layers.map((layer) => `"${layer}"`).join(', ')}\n`
    : `\nWithout ${which}: --recipe '${recipe}'\n`;
}
