import type { Node, Tensor } from '../../../onnx/graph';
import type { MilValue, ProgramBuilder } from '../program-builder';

/** Numbers that are the same for each image, before they are read. */
export interface Numbers {
  shape: readonly number[];
  read(): Float32Array;
}

/** What is known of the network around a node while it is converted. */
export interface NetworkUnderConversion {
  readonly builder: ProgramBuilder;
  readonly opset: number;
  /** A value that was converted already, or a constant. */
  find(name: string): MilValue | undefined;
  /** As ONNX sees it; undefined where a size is not known. */
  shapeOf(name: string): number[] | undefined;
  elementOf(name: string): Tensor['type'];
  /** Integers that are the same for every image. */
  integersOf(name: string): readonly number[] | undefined;
  initializer(name: string): Tensor | undefined;
  /** Of a tensor of floats, or of codes with their scale. */
  numbersOf(name: string): Numbers | undefined;
  /** The weights of a layer, its second input, output channels first. @param channelAxis where the ONNX file has these */
  layerWeights(node: Node, channelAxis: number): MilValue;
}
