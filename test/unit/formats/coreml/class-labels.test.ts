import { expect, test } from 'vitest';
import { classLabels } from '../../../../src/main/engine/formats/coreml/class-labels';
import { colourCard } from '../../../fixtures/networks/colour-network';

const named = (labelNames: string[], output: object = {}) => ({ ...colourCard('colours', { output }), labelNames });

test.each([
  ['a name each', named(['red', 'green', 'blue']), 3, ['red', 'green', 'blue']],
  ['equal names told apart', named(['crane', 'green', 'crane']), 3, ['crane (0)', 'green', 'crane (2)']],
  ['a score for what is none of them', named(['a', 'b'], { background: true }), 3, ['background', 'a', 'b']],
  ['another number of names', named(['a', 'b']), 3, undefined],
  ['no names', colourCard('colours'), 3, undefined],
  ['one number for two classes', named(['a', 'b'], { classes: 2, score: 'probability' }), 1, undefined],
])('%s', (_, card, scores, labels) => {
  expect(classLabels(card, scores)).toEqual(labels);
});
