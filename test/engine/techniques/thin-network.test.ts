import { expect, test } from 'vitest';
import { thinNetwork } from '../../../src/main/engine/compression/pruning/thin-network';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { wholeNetwork } from './whole-network';

const widths = (width: number, roundTo: number): Record<string, number | undefined> => {
  const { nodes, initializers } = thinNetwork(simplify(wholeNetwork()), width, roundTo);
  return Object.fromEntries(
    nodes.flatMap(({ name, op, inputs }) =>
      op === 'Conv' || op === 'Gemm' ? [[name, initializers.get(inputs[1]!)?.shape[0]]] : [],
    ),
  );
};

test('a width takes the same share everywhere, in multiples, and never all', () => {
  const full = { stem: 32, expand: 64, depthwise: 64, project: 32, mix: 32, tail: 64, hidden: 48, logits: 10 };
  expect(widths(1, 8)).toEqual(full);
  const half = { stem: 16, expand: 32, depthwise: 32, project: 16, mix: 16, tail: 32, hidden: 24, logits: 10 };
  expect(widths(0.5, 8)).toEqual(half);
  const least = { stem: 8, expand: 8, depthwise: 8, project: 8, mix: 8, tail: 8, hidden: 8, logits: 10 };
  expect(widths(0.1, 8)).toEqual(least);
});
