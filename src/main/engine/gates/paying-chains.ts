import { singleBatch } from '../onnx/classifier';
import type { Graph, Node } from '../onnx/graph';
import { inferShapes } from '../onnx/shapes';
import { chainsFrom, type GatedChain } from './gated-chains';
import { chainTimes } from './gating-estimate';

export interface TimedChain extends GatedChain {
  speedUp: number;
  /** Nanoseconds. */
  saved: number;
}

export interface PayingChains {
  chains: TimedChain[];
  /** How many others would not gain. */
  slower: number;
  /** The highest speed-up of all; undefined where there is no chain. */
  best: number | undefined;
}

interface Choice {
  keptOf(channels: number): number;
  /** How many times as fast a chain has to be. */
  least: number;
  isLeft(node: Node): boolean;
}

/** Chains that are estimated to gain, in the order of the network: of those that start at a convolution, the one that saves most. No layer is in two. */
export function payingChains(graph: Graph, { keptOf, least, isLeft }: Choice): PayingChains {
  const shapes = inferShapes(graph, singleBatch(graph));
  const used = new Set<Node>();
  const chains: TimedChain[] = [];
  let [slower, best]: [number, number | undefined] = [0, undefined];
  for (const [first, candidates] of chainsFrom(graph, isLeft)) {
    const timed = candidates
      .filter(({ hidden }) => !hidden.some(({ makers, reader }) => [...makers, reader].some((node) => used.has(node))))
      .map((chain) => {
        const { whole, gated } = chainTimes(graph, chain, keptOf, shapes);
        return { ...chain, speedUp: whole / gated, saved: whole - gated };
      });
    for (const { speedUp } of timed) best = Math.max(best ?? 0, speedUp);
    const [chosen] = timed.filter(({ speedUp }) => speedUp >= least).sort((a, b) => b.saved - a.saved);
    if (chosen) {
      chains.push(chosen);
      for (const { makers, reader } of chosen.hidden) for (const node of [...makers, reader]) used.add(node);
    } else if (timed.length > 0 && !used.has(first)) slower++;
  }
  return { chains, slower, best };
}
