import { floatsAttribute, intsAttribute, stringAttribute } from '../attributes';
import { arithmetic, axisOf, type RuleContext, type ShapeRule } from './rule';

/** As ONNX Runtime multiplies, in float32: in float64, 224 times the float32 number nearest to 208 / 224 falls below 208. */
const scaled = (size: number, scale: number): number => Math.floor(Math.fround(size * Math.fround(scale)));

/** Opset 9 and before (as Upsample) and 10: scales only. Since 11: roi, scales, sizes, and since 18 only some axes. */
const resize: ShapeRule = (context) => {
  const { node, opset, inputs } = context;
  const x = inputs[0];
  if (!x) return undefined;
  const named =
    intsAttribute(node, 'axes')?.map((axis) => axisOf(context, axis, x.shape.length)) ?? x.shape.map((_, axis) => axis);
  const scales =
    node.op === 'Upsample' && opset < 9
      ? floatsAttribute(node, 'scales')
      : given(context, node.op === 'Upsample' || opset < 11 ? 1 : 2);
  const sizes = given(context, 3);
  const shape = [...x.shape];
  if (scales?.length === named.length) {
    named.forEach((axis, index) => (shape[axis] = arithmetic((size) => scaled(size, scales[index]!), shape[axis]!)));
  } else if (sizes?.length === named.length) {
    const policy = stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch');
    const ratios = named.map((axis, index) => sizes[index]! / Number(x.shape[axis]));
    const ratio = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
    named.forEach((axis, index) => {
      shape[axis] = policy === 'stretch' ? sizes[index]! : arithmetic((size) => Math.round(size * ratio), shape[axis]!);
    });
  } else return undefined;
  return [{ type: x.type, shape }];
};

/** The numbers of an optional input; an empty tensor counts as absent, as exporters write it. */
function given(context: RuleContext, input: number): readonly number[] | undefined {
  const values = context.knownNumbers(input);
  return values && values.length > 0 ? values : undefined;
}

export const resizeRules: Record<string, ShapeRule> = { Resize: resize, Upsample: resize };
