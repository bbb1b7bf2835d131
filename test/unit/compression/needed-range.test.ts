import { describe, expect, test } from 'vitest';
import { neededRange } from '../../../src/main/engine/compression/quantization/needed-range';
import type { Node } from '../../../src/main/engine/onnx/graph';
import { indexGraph } from '../../../src/main/engine/onnx/graph-index';
import { float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph } from '../../fixtures/graphs';

const everything = { min: -Infinity, max: Infinity };

function rangeOf(...nodes: Node[]): { min: number; max: number } {
  return rangeUpTo(Infinity, ...nodes);
}

/** @param most the largest value seen */
function rangeUpTo(most: number, ...nodes: Node[]): { min: number; max: number } {
  const scalars = { zero: 0, three: 3, six: 6, half: 0.5, sixth: 1 / 6, one: 1 };
  const graph = makeGraph({
    inputs: [makeValue('x', 'float32', [1, 2])],
    outputs: [makeValue('y', 'float32', [1, 2])],
    nodes,
    initializers: Object.fromEntries(
      Object.entries(scalars).map(([name, value]) => [name, float32Tensor([], [value])]),
    ),
  });
  return neededRange(graph, 'x', indexGraph(graph), most);
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
  test('a sigmoid: as far as its 256 codes differ', () => {
    const { min, max } = rangeOf(makeNode('Sigmoid', ['x'], ['y']));
    expect(max).toBe(-min);
    expect(1 / (1 + Math.exp(-min))).toBeLessThanOrEqual(0.5 / 255);
    expect(1 / (1 + Math.exp(-min - 0.1))).toBeGreaterThan(0.5 / 255);
  });
  test('a sigmoid that stays low has codes for less', () => {
    const { min, max } = rangeUpTo(-2, makeNode('Sigmoid', ['x'], ['y']));
    const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
    const halfStep = sigmoid(-2) / 255 / 2;
    expect(max).toBe(-min);
    expect(sigmoid(min)).toBeLessThanOrEqual(halfStep);
    expect(sigmoid(min + 0.1)).toBeGreaterThan(halfStep);
  });
  test.each([
    ['low', 1],
    ['high', 12],
  ])('a swish that reaches %s: what lies below rounds to zero, and no more is left out', (_, most) => {
    const nodes = [makeNode('Sigmoid', ['x'], ['gate']), makeNode('Mul', ['gate', 'x'], ['y'])];
    const { min, max } = rangeUpTo(most, ...nodes);
    const swish = (x: number): number => x / (1 + Math.exp(-x));
    const halfStep = (swish(most) + 0.2785) / 255 / 2;
    expect(max).toBe(Infinity);
    for (let x = min; x > -40; x -= 0.5) expect(Math.abs(swish(x))).toBeLessThanOrEqual(halfStep);
    expect(Math.abs(swish(min + 0.1))).toBeGreaterThan(halfStep);
  });
  test('a sigmoid that gates something else, and one whose gate something else reads', () => {
    const sigmoid = makeNode('Sigmoid', ['x'], ['gate']);
    expect(rangeOf(sigmoid, makeNode('Mul', ['x', 'half'], ['y']))).toEqual(everything);
    const swish = makeNode('Mul', ['x', 'gate'], ['swish']);
    expect(rangeOf(sigmoid, swish, makeNode('Add', ['gate', 'swish'], ['y']))).toEqual(everything);
  });
});
