import type { Node, Tensor } from '../../../onnx/graph';
import type { MilValue, ProgramBuilder } from '../program-builder';

/** What is known of the network around a node while it is converted. */
export interface NetworkUnderConversion {
  readonly builder: ProgramBuilder;
  readonly opset: number;
  /** A value that was converted already, or a constant. */
  find(name: string): MilValue | undefined;
  /** As ONNX sees it; undefined where a size is not known. */
  shapeOf(name: string): number[] | undefined;
  typeOf(name: string): Tensor['type'];
  /** Integers that are the same for every image. */
  integersOf(name: string): readonly number[] | undefined;
  initializer(name: string): Tensor | undefined;
  /** Numbers that are the same for each image: a tensor of floats, or codes with their scale. */
  numbersOf(name: string): { shape: readonly number[]; values: Float32Array } | undefined;
  /** The weights of a layer, its second input, output channels first. @param channelAxis where the ONNX file has these */
  layerWeights(node: Node, channelAxis: number): MilValue;
}
