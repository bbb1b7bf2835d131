import type { Node, Tensor } from '../../../onnx/graph';
import type { GraphBuilder } from './graph-builder';
import type { Value, ValueType } from './value';

/** What is known of the network around a node while it is converted. */
export interface NetworkUnderConversion {
  readonly builder: GraphBuilder;
  readonly opset: number;
  /** A value that was converted already, or a constant. */
  find(name: string): Value | undefined;
  /** As ONNX sees it; undefined where a size is not known. */
  shapeOf(name: string): number[] | undefined;
  /** Type and codes of a value that an operator is to give. */
  typeOf(name: string): ValueType;
  /** Integers that are the same for every image. */
  integersOf(name: string): readonly number[] | undefined;
  initializer(name: string): Tensor | undefined;
  /** The tensor of FLOAT32 numbers of a layer, stored as halves where `isHalf` and halves hold them. */
  floatConstant(name: string, shape: number[], values: Float32Array, isHalf: boolean): number;
  /** Whether the weights of a layer came in half precision. */
  isHalfLayer(node: Node): boolean;
  /** The only node that reads a node's output, where it may be taken over. */
  nextOf(node: Node): Node | undefined;
  /** Makes `node` give what `next`, the only reader of its output, gives. */
  absorb(node: Node, next: Node): void;
  /** Takes over an activation that follows, and says its name in the schema: "NONE" without one. */
  absorbActivation(node: Node): string;
}
