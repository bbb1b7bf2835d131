import { describe, expect, it, test } from 'vitest';
import { countMacs, countParams } from '../../../src/main/engine/onnx/count';
import { FreshNames } from '../../../src/main/engine/onnx/fresh-names';
import type { Graph, Node, Subgraph } from '../../../src/main/engine/onnx/graph';
import { indexGraph } from '../../../src/main/engine/onnx/graph-index';
import { parseBranching, parseModel } from '../../../src/main/engine/onnx/load';
import { makeNode } from '../../../src/main/engine/onnx/make';
import { removeDead } from '../../../src/main/engine/onnx/remove-dead';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { branchMetadata, straighten } from '../../../src/main/engine/onnx/straighten';
import { everyGraph, readsOf } from '../../../src/main/engine/onnx/subgraphs';
import { branch, branchingGraph, makeIf } from '../../fixtures/branching-graph';

const graph = branchingGraph();
const [, , , exit] = graph.nodes;

describe('a network with branches', () => {
  it('is read as it was written, and written again byte by byte', () => {
    const bytes = encodeModel(graph);
    const read = parseBranching(bytes, 'net.onnx');
    expect(read.nodes).toEqual(graph.nodes);
    expect(read.initializers).toEqual(graph.initializers);
    expect(encodeModel(read)).toEqual(bytes);
  });

  it('is refused where nobody knows what to do with it', () => {
    expect(() => parseModel(encodeModel(graph), 'net.onnx')).toThrow(
      'net.onnx: node "exit_1" uses If (a subgraph), which Whittle does not handle.',
    );
  });

  it('reads values from outside in its branches', () => {
    expect(readsOf(exit!)).toEqual(['first', 'double', 'most', 'weight']);
    expect(indexGraph(graph).consumers('double')).toEqual([exit]);
    expect(removeDead(graph)).toEqual(graph);
    expect(everyGraph(graph).map(({ name }) => name)).toEqual(['test', 'two', 'inner', 'six', 'product']);
    expect(new FreshNames(graph).like('triple')).toBe('triple_2');
  });

  it('has its nodes put in order, also within a branch', () => {
    const inner = (exit!.attributes.else_branch as { value: Subgraph }).value;
    const turned: Graph = {
      ...graph,
      nodes: [
        makeIf('first', 'y', branch([makeNode('Identity', ['double'], ['two'])], 'two'), {
          ...inner,
          nodes: inner.nodes.toReversed(),
        }),
        ...graph.nodes.slice(0, 3),
      ],
    };
    const read = parseBranching(encodeModel(turned), 'net.onnx');
    expect(read.nodes.map(({ op }) => op)).toEqual(['Add', 'ReduceMax', 'GreaterOrEqual', 'If']);
    expect(everyGraph(read)[2]!.nodes.map(({ op }) => op)).toEqual(['GreaterOrEqual', 'Mul', 'If']);
  });

  it('has as many parameters as all branches, and multiply-accumulates in the mean', () => {
    expect(countParams(graph)).toEqual({ params: 9, nonZeroParams: 9 });
    expect(countMacs(graph)).toBe(9);
    const known = branchingGraph({ [branchMetadata]: JSON.stringify({ exit_1: 0.5, exit_2: 0.2 }) });
    expect(countMacs(known)).toBe(Math.round(0.5 * 0.8 * 9));
    const { graph: whole, shares } = straighten(known);
    expect(whole.nodes.map(({ op }) => op).join(' ')).toBe(
      'Add ReduceMax GreaterOrEqual Identity Mul GreaterOrEqual Identity MatMul Identity Identity',
    );
    expect(shares.get(whole.nodes.find(({ op }) => op === 'MatMul')!)).toBe(0.4);
  });

  test.each(['', '{', '[1]', '{"exit_1":2}', '{"exit_1":"much"}', 'null'])(
    'is counted whole where it says %j of its branches',
    (text) => {
      expect(countMacs(branchingGraph({ [branchMetadata]: text }))).toBe(9);
    },
  );
});

const identity = (from: string, to: string): Subgraph => branch([makeNode('Identity', [from], [to])], to);
const withNode = (node: Node): Graph => ({ ...graph, nodes: [...graph.nodes.slice(0, 3), node] });

function nested(depth: number): Subgraph {
  let inner = identity('double', 'b0');
  for (let level = 1; level <= depth; level++)
    inner = branch([makeIf('first', `b${level}`, identity('double', `t${level}`), inner)], `b${level}`);
  return inner;
}

describe('a hostile file', () => {
  const two = identity('double', 'two');
  test.each([
    ['gives a name twice', makeIf('first', 'y', two, identity('x', 'double')), '"double" is defined twice'],
    [
      'hides a constant',
      makeIf('first', 'y', two, branch([makeNode('Identity', ['x'], ['z'])], 'z', { weight: [1] })),
      '"weight" is defined twice',
    ],
    [
      'reads what nothing gives',
      makeIf('first', 'y', two, identity('nothing', 'z')),
      'reads "nothing", which nothing produces',
    ],
    ['reads its own result', makeIf('first', 'y', two, identity('y', 'z')), 'node "y" depends on its own output'],
    ['reads the other branch', makeIf('first', 'y', two, identity('two', 'z')), 'reads "two", which nothing produces'],
    [
      'turns in a circle',
      makeIf('first', 'y', two, branch([makeNode('Add', ['p', 'x'], ['q']), makeNode('Neg', ['q'], ['p'])], 'p')),
      'depends on its own output',
    ],
    [
      'names an output that is not there',
      makeIf('first', 'y', two, branch([], 'z')),
      'nothing produces the output "z"',
    ],
    [
      'has one branch',
      makeNode('If', ['first'], ['y'], { then_branch: { type: 'graph', value: two } }),
      'has not both of its branches',
    ],
    ['gives too few results', makeIf('first', 'y', two, { ...identity('x', 'z'), outputs: [] }), 'not as many outputs'],
    [
      'feeds a branch',
      makeIf('first', 'y', two, { ...identity('x', 'z'), inputs: [graph.inputs[0]!] }),
      'a branch of node "y" has inputs',
    ],
    ['has branches without end', makeIf('first', 'y', two, nested(20)), 'are within too many others'],
  ])('that %s is refused', (_, node, detail) => {
    expect(() => parseBranching(encodeModel(withNode(node)), 'bad.onnx')).toThrow(detail);
  });

  it('of many branches is read', () => {
    const count = 2000;
    const nodes = Array.from({ length: count }, (_, at) =>
      makeIf('first', `n${at}`, identity('double', `t${at}`), identity('x', `e${at}`)),
    );
    const many: Graph = { ...graph, nodes: [...graph.nodes, ...nodes] };
    expect(parseBranching(encodeModel(many), 'many.onnx').nodes).toHaveLength(count + 4);
  });

  it('of another operator with a subgraph is refused', () => {
    const loop = makeNode('Loop', ['first'], ['y'], { body: { type: 'graph', value: two } }, 'loop');
    expect(() => parseBranching(encodeModel(withNode(loop)), 'loop.onnx')).toThrow(
      'node "loop" uses Loop (a subgraph)',
    );
    const nameless = { ...withNode(loop), nodes: [{ ...loop, name: '' }] };
    expect(() => parseBranching(encodeModel(nameless), 'loop.onnx')).toThrow('node "Loop_0" uses Loop (a subgraph)');
  });
});
