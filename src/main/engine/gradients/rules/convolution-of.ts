import { intAttribute } from '../../onnx/attributes';
import { windowsOf, type Window } from '../window';
import type { GradientContext } from './rule';

/** A convolution `x [N,C,...] * w [O,C/groups,...] -> [N,O,...]`. */
export interface Convolution {
  x: string;
  w: string;
  xShape: number[];
  wShape: number[];
  outputShape: number[];
  groups: number;
  windows: Window[];
}

/** What the node of a context computes. */
export function convolutionOf({ node, shapeOf }: GradientContext): Convolution {
  const [x, w] = [node.inputs[0]!, node.inputs[1]!];
  const [xShape, wShape, outputShape] = [shapeOf(x), shapeOf(w), shapeOf(node.outputs[0]!)];
  const windows = windowsOf(node, wShape.slice(2), xShape.slice(2), outputShape.slice(2));
  return { x, w, xShape, wShape, outputShape, groups: intAttribute(node, 'group', 1), windows };
}
