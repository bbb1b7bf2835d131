import { describe, expect, test } from 'vitest';
import type { AppError } from '@shared/errors';
import { parseRecipe } from '@shared/recipe-syntax';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';

const messageOf = (text: string): string => {
  try {
    checkRecipe(parseRecipe(text));
    return '';
  } catch (thrown) {
    return (thrown as AppError).message;
  }
};

describe('a recipe is refused with what is in the way and what to do', () => {
  test.each([
    [
      'quantize.weights{bits:4} | equalize',
      'equalize cannot follow quantize.weights: the weights are in few bits already, which the new weights of this step would undo; put equalize before quantize.weights.',
    ],
    [
      'fp16 | quantize.static',
      'quantize.static cannot follow fp16: the weights are in half precision already and would only be rounded again; leave one of the two out.',
    ],
    ['fp16 | fp16', 'fp16 cannot follow fp16: all weights are in half precision already; leave one of the two out.'],
    [
      'quantize.static | prune.magnitude',
      'prune.magnitude cannot follow quantize.static: the network computes in integers already, where this step works on a float network; put prune.magnitude before quantize.static.',
    ],
    [
      'quantize.dynamic | quantize.integer',
      'quantize.integer cannot follow quantize.dynamic: the network is quantized already, with ranges that are measured anew for every image; leave one of the two out.',
    ],
    [
      'quantize.static{format:qoperator} | quantize.integer',
      'quantize.integer cannot follow quantize.static: the network is in integer operators already; leave one of the two out.',
    ],
    [
      'prune.magnitude | factorize',
      'factorize cannot follow prune.magnitude: the weights are pruned already, which the new weights of this step would undo; put factorize before prune.magnitude.',
    ],
    [
      'quantize.integer | correctBias',
      'correctBias cannot follow quantize.integer: the network takes raw pixels (uint8), where this step needs an input of floats; put correctBias before quantize.integer.',
    ],
    [
      'shrink.input | quantize.integer',
      'quantize.integer cannot follow shrink.input: images are scaled in floats before the first layer, where this step feeds it raw pixels; leave one of the two out.',
    ],
    [
      'binarize.weights | quantize.weights{keepFirst:true, keepLast:true}',
      'quantize.weights cannot follow binarize.weights: only the first layer and the last layer would be left for it, which it keeps too; leave one of the two out.',
    ],
    [
      'gate.channels | quantize.static',
      'quantize.static cannot follow gate.channels: each image has weights picked for it, where this step works on weights that are the same for all; leave one of the two out.',
    ],
    [
      'gate.channels | prune.channels',
      'prune.channels cannot follow gate.channels: each image has weights picked for it, where this step works on weights that are the same for all; put prune.channels before gate.channels.',
    ],
  ])('%s', (text, expected) => {
    expect(messageOf(text)).toBe(`In the recipe "${text}", ${expected}`);
  });
});

describe('the form is followed through the whole chain, not from pair to pair', () => {
  test.each([
    // Pruned weights that became integers are no longer pruned floats: the form counts, and the step that made it is named.
    ['prune.magnitude | quantize.static | factorize', /factorize cannot follow quantize.static/],
    ['cluster.weights | shrink.input | equalize', /equalize cannot follow cluster.weights/],
    ['quantize.weights{bits:16} | shrink.input | prune.magnitude', /prune.magnitude cannot follow quantize.weights/],
    ['binarize.weights | quantize.weights | fp16', /fp16 cannot follow quantize.weights: all weights are in few bits/],
  ])('%s is refused', (text, expected) => expect(messageOf(text)).toMatch(expected));

  test.each([
    // What is left in float32 may still be rounded.
    'binarize.weights | fp16',
    'binarize.weights | quantize.weights{bits:8}',
    'cluster.weights{layers:[stem]} | quantize.weights{bits:4} ',
    'quantize.static{keepLast:true} | fp16',
    'quantize.dynamic | fp16',
    // Few-bit weights become few-bit integers.
    'prune.magnitude | quantize.weights{bits:4} | quantize.static | correctBias | quantize.integer',
  ])('%s is accepted', (text) => expect(messageOf(text)).toBe(''));
});
