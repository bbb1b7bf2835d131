/**
 * What int8 costs small trained networks of the kinds that lose most by it: gates and swish, batch norms before convolutions, shuffles, LayerNormalization and GELU.
 * They are trained once from random weights on rendered pictures (about three minutes each), then kept in the folder. 128 pictures calibrate, 8,000 others are asked.
 * Usage: int8-kinds [folder] [kinds, comma separated] [recipe, "quantize.static" by default ...]
 */
import { applyStep } from '../src/main/engine/techniques/apply-step';
import { encodeModel } from '../src/main/engine/onnx/save';
import { simplify } from '../src/main/engine/onnx/simplify';
import { parseRecipe } from '../src/shared/recipe-syntax';
import type { ModelCard } from '../src/shared/model-card';
import type { Pool } from '../scripts/starter/pool';
import { contextFor } from '../test/engine/techniques/small-networks';
import { trainingPictures } from '../scripts/starter/training-pictures';
import { accuracyOf, agreementOf, answersOf, pairedDifference, scoreError } from './int8-kinds/compare';
import { inputSide, kinds } from './int8-kinds/networks';
import { cardOf, pictures, trainedNetwork } from './int8-kinds/train';

const calibrationCount = 128;
/** The first pictures of a pool as evaluation crops them. */
async function firstPictures(card: ModelCard, pool: Pool): Promise<Float32Array> {
  for await (const { data } of trainingPictures(card, pool).batches(calibrationCount)) return data;
  throw new Error('there are no pictures');
}

const [folder = '.cache/int8-kinds', names = Object.keys(kinds).join(), ...given] = process.argv.slice(2);
const recipes = given.length > 0 ? given : ['quantize.static'];
const shown = await pictures();
console.log(
  '| network | parameters | float | recipe | int8 | paired difference | same class | error of scores | file |',
);
console.log('| --- | ---: | ---: | --- | ---: | --- | ---: | ---: | ---: |');
for (const name of names.split(',')) {
  const card = cardOf(name);
  const graph = simplify(await trainedNetwork(name, shown, folder));
  const parameters = [...graph.initializers.values()]
    .filter(({ type }) => type === 'float32')
    .reduce((sum, { data }) => sum + data.length, 0);
  const float = await answersOf(graph, card, shown.evaluated);
  const calibration = await firstPictures(card, shown.trained);
  for (const recipe of recipes) {
    const context = contextFor(card, calibration, [3, inputSide, inputSide]);
    let quantized = graph;
    for (const { technique, params } of parseRecipe(recipe))
      quantized = await applyStep(quantized, technique, params, {
        ...context,
        reference: () => Promise.resolve(graph),
      });
    const int8 = await answersOf(quantized, card, shown.evaluated);
    const cells = [
      name,
      parameters,
      accuracyOf(float).toFixed(1),
      `\`${recipe}\``,
      accuracyOf(int8).toFixed(1),
      pairedDifference(float, int8),
      `${agreementOf(float, int8).toFixed(1)} %`,
      `${scoreError(float, int8).toFixed(2)} %`,
      `${encodeModel(quantized).length} bytes`,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}
