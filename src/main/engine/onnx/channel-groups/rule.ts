import type { Node, Tensor } from '../graph';
import type { ChannelLabels } from './channel-labels';

/**
 * What a tensor of a node has to do with channels: `produces` them (the output axis of weights), `reads` them (the input axis), `follows`
 * them (biases, norms, slopes, depthwise filters) or holds their number (`shape`). `carries` marks a node that hands channels on and has
 * nothing to cut.
 */
export type ChannelRole = 'produces' | 'reads' | 'follows' | 'shape' | 'carries';

/** What a rule sees of a node, and what it may say. */
export interface ChannelRuleContext {
  node: Node;
  labels: ChannelLabels;
  /** The labels along axis 1 of an input; undefined for constants, absent inputs, and values whose channels are not followed. */
  channels(input: number): Int32Array | undefined;
  constant(input: number): Tensor | undefined;
  /** The elements of a small constant. */
  numbers(input: number): readonly number[] | undefined;
  shape(input: number): readonly number[] | undefined;
  outputShape: readonly number[];
  /** Index `i` along `axis` of an input's tensor belongs to `labels[i]`. */
  record(role: ChannelRole, input: number, axis: number, labels: Int32Array): void;
}

/** The labels of the first output, or undefined where the operator's use of channels is not known: its inputs are protected then. */
export type ChannelRule = (context: ChannelRuleContext) => Int32Array | undefined;
