import { describe, expect, test } from 'vitest';
import { neededRange } from '../../../src/main/engine/compression/quantization/needed-range';
import type { Node } from '../../../src/main/engine/onnx/graph';
import { float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph } from '../../fixtures/graphs';

const everything = { min: -Infinity, max: Infinity };

function rangeOf(...nodes: Node[]): { min: number; max: number } {
  const scalars = { zero: 0, three: 3, six: 6, half: 0.5, sixth: 1 / 6, one: 1 };
  const graph = makeGraph({
    inputs: [makeValue('x', 'float32', [1, 2])],
    outputs: [makeValue('y', 'float32', [1, 2])],
    nodes,
    initializers: Object.fromEntries(
      Object.entries(scalars).map(([name, value]) => [name, float32Tensor([], [value])]),
    ),
  });
  return neededRange(graph, 'x');
}

const gate = [makeNode('Add', ['x', 'three'], ['a']), makeNode('Clip', ['a', 'zero', 'six'], ['gate'])];

describe('the part of a range that makes a difference', () => {
  test('a gate: between its corners', () => {
    expect(rangeOf(...gate, makeNode('Div', ['gate', 'six'], ['y']))).toEqual({ min: -3, max: 3 });
  });
  test('a hard swish: from its corner on', () => {
    expect(rangeOf(makeNode('HardSwish', ['x'], ['y']))).toEqual({ min: -3, max: Infinity });
    expect(rangeOf(makeNode('HardSwish', ['x'], ['h']), makeNode('Add', ['x', 'h'], ['y']))).toEqual(everything);
  });
  test('a gate that scales first', () => {
    const range = rangeOf(
      makeNode('Mul', ['x', 'sixth'], ['m']),
      makeNode('Add', ['m', 'half'], ['a']),
      makeNode('Clip', ['a', 'zero', 'one'], ['y']),
    );
    expect(range.min).toBeCloseTo(-3, 5);
    expect(range.max).toBeCloseTo(3, 5);
  });
  test('hard-swish: all above its lower corner', () => {
    expect(rangeOf(...gate, makeNode('Mul', ['x', 'gate'], ['y']))).toEqual({ min: -3, max: Infinity });
  });
  test('another reader needs everything', () => {
    const nodes = [...gate, makeNode('Mul', ['x', 'gate'], ['y']), makeNode('Relu', ['x'], ['other'])];
    expect(rangeOf(...nodes)).toEqual(everything);
  });
  test('a gate of another value', () => {
    expect(rangeOf(makeNode('Relu', ['x'], ['y']))).toEqual(everything);
  });
});
