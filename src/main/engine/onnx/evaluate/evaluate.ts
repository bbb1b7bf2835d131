import { intAttribute, intsAttribute, tensorAttribute } from '../attributes';
import { elementTypeOf } from '../element-type';
import { elementCount, unknownDimension, type Node } from '../graph';
import { reshapeTarget } from '../reshape-target';
import { sliceBounds, sliceRange } from '../slice-range';
import {
  binaryFunctions,
  broadcastShape,
  broadcastTo,
  combine,
  comparisons,
  roundTo,
  unaryFunctions,
} from './arithmetic';
import { concat, gather, slice, transpose } from './movement';
import {
  isInteger,
  isNumeric,
  knownElementsLimit,
  knownValueOf,
  normalAxis,
  type KnownValue,
  type NumericValue,
} from './value';

type Inputs = readonly (KnownValue | undefined)[];
type Rule = (node: Node, inputs: Inputs, opset: number) => KnownValue | undefined;

const numbersOf = (value: KnownValue | undefined): number[] | undefined =>
  value && isNumeric(value) ? value.data : undefined;
const numeric = (value: KnownValue | undefined): NumericValue | undefined =>
  value && isNumeric(value) ? value : undefined;
const withShape = (value: KnownValue, shape: number[] | undefined): KnownValue | undefined =>
  shape && elementCount(shape) === value.data.length ? { ...value, shape } : undefined;

const unary: Rule = (node, [x]) => {
  const apply = unaryFunctions[node.op];
  return apply && numeric(x) && { ...x!, data: numeric(x)!.data.map((value) => roundTo(x!.type, apply(value))) };
};

const binary: Rule = (node, inputs) => {
  const values = inputs.map(numeric);
  const first = values[0];
  const apply = binaryFunctions[node.op];
  if (!first || !apply || values.some((value) => !value)) return undefined;
  const { type } = first;
  const result = values
    .slice(1)
    .reduce<NumericValue | undefined>((a, b) => a && combine(a, b!, type, (x, y) => apply(x, y, type)), first);
  return result && (!isInteger(type) || result.data.every(Number.isSafeInteger)) ? result : undefined;
};

const compare: Rule = (node, [a, b]) => {
  const apply = comparisons[node.op];
  const [x, y] = [numeric(a), numeric(b)];
  if (a && b && node.op === 'Equal' && !(x && y)) return equalDimensions(a, b);
  return apply && x && y && combine(x, y, 'bool', (left, right) => Number(apply(left, right)));
};

/**
 * Equal where an element is a dimension with a name: that is no negative number, and equals itself. Exporters ask "is it -1?" before they expand.
 * Undefined where it takes the dimension's size to tell.
 */
function equalDimensions(a: KnownValue, b: KnownValue): KnownValue | undefined {
  const shape = broadcastShape(a.shape, b.shape);
  const left = shape && broadcastTo(a.shape, a.data, shape);
  const right = shape && broadcastTo(b.shape, b.data, shape);
  if (!left || !right) return undefined;
  const data: number[] = [];
  for (const [at, x] of left.entries()) {
    const y = right[at]!;
    if (typeof x === 'number' && typeof y === 'number') data.push(Number(x === y));
    else if (x === y && x !== unknownDimension) data.push(1);
    else if ((typeof x === 'number' && x < 0) || (typeof y === 'number' && y < 0)) data.push(0);
    else return undefined;
  }
  return { type: 'bool', shape, data };
}

/** The axes a Squeeze, Unsqueeze or reduction names: an attribute in older opsets, an input in newer. */
const axesOf = (node: Node, inputs: Inputs): readonly number[] | undefined =>
  numbersOf(inputs[1]) ?? intsAttribute(node, 'axes');

/**
 * What image classifiers compute of constants and shapes. Operators that decode stored weights (BitShift, CumSum,
 * DequantizeLinear, ...) are left out on purpose: their inputs are the small form and must stay so.
 */
const rules: Record<string, Rule> = {
  Identity: (_node, [x]) => x,
  Cast: (node, [x]) => {
    const type = elementTypeOf(intAttribute(node, 'to', 0));
    if (!x || !type || type === 'string' || type === 'float16' || type === 'bfloat16') return undefined;
    if (!isNumeric(x)) return isInteger(type) ? { ...x, type } : undefined;
    if (type === 'bool') return { ...x, type, data: x.data.map((value) => Number(value !== 0)) };
    return { ...x, type, data: x.data.map((value) => (isInteger(type) ? Math.trunc(value) : roundTo(type, value))) };
  },
  Concat: (node, inputs) => {
    const values = inputs.filter((value) => value !== undefined);
    const axis = normalAxis(intAttribute(node, 'axis', 0), values[0]?.shape.length ?? 0);
    return values.length === inputs.length && axis !== undefined ? concat(values, axis) : undefined;
  },
  ConstantOfShape: (node, [shape]) => {
    const dimensions = numbersOf(shape);
    const fill = knownValueOf(
      tensorAttribute(node, 'value') ?? { type: 'float32', shape: [1], data: new Float32Array(1) },
    );
    if (!dimensions || !fill || elementCount(dimensions) > knownElementsLimit) return undefined;
    return {
      type: fill.type,
      shape: dimensions,
      data: new Array<number>(elementCount(dimensions)).fill(fill.data[0] ?? 0),
    };
  },
  Expand: (_node, [x, shape]) => {
    const dimensions = numbersOf(shape);
    const target = x && dimensions && broadcastShape(x.shape, dimensions);
    const data =
      target && elementCount(target) <= knownElementsLimit ? broadcastTo(x.shape, x.data, target) : undefined;
    return data && { type: x!.type, shape: target!, data };
  },
  Flatten: (node, [x]) => {
    if (!x) return undefined;
    const axis = intAttribute(node, 'axis', 1);
    const at = axis < 0 ? axis + x.shape.length : axis;
    return withShape(x, [elementCount(x.shape.slice(0, at)), elementCount(x.shape.slice(at))]);
  },
  Gather: (node, [x, indices]) => {
    const axis = x && normalAxis(intAttribute(node, 'axis', 0), x.shape.length);
    const positions = numeric(indices);
    return axis !== undefined && positions ? gather(x!, positions, axis) : undefined;
  },
  Range: (_node, inputs) => {
    const [start, limit, delta] = inputs.map((value) => numbersOf(value)?.[0]);
    if (start === undefined || limit === undefined || !delta) return undefined;
    const count = Math.max(0, Math.ceil((limit - start) / delta));
    if (!(count <= knownElementsLimit)) return undefined;
    return {
      type: inputs[0]!.type,
      shape: [count],
      data: Array.from({ length: count }, (_, index) => start + index * delta),
    };
  },
  ReduceProd: (node, inputs) => {
    const x = numeric(inputs[0]);
    // Only the product of a whole vector, as in "number of elements".
    if (x?.shape.length !== 1) return undefined;
    const product = x.data.reduce((result, value) => result * value, 1);
    return { type: x.type, shape: intAttribute(node, 'keepdims', 1) ? [1] : [], data: [product] };
  },
  Reshape: (node, [x, shape]) => {
    const target = numbersOf(shape);
    const dimensions = x && target && reshapeTarget(x.shape, target, intAttribute(node, 'allowzero', 0) !== 0);
    return (
      dimensions &&
      withShape(
        x,
        dimensions.filter((dimension) => typeof dimension === 'number'),
      )
    );
  },
  Slice: (node, inputs, opset) => {
    const x = inputs[0];
    const bounds = sliceBounds(node, opset, (input) => numbersOf(inputs[input]));
    if (!x || !bounds) return undefined;
    const starts = x.shape.map(() => 0);
    const steps = x.shape.map(() => 1);
    const shape = [...x.shape];
    for (const [index, axis] of bounds.axes.entries()) {
      const at = normalAxis(axis, x.shape.length);
      const step = bounds.steps[index]!;
      if (at === undefined || step === 0) return undefined;
      const range = sliceRange(x.shape[at]!, bounds.starts[index]!, bounds.ends[index]!, step);
      starts[at] = range.start;
      steps[at] = step;
      shape[at] = range.count;
    }
    return slice(x, starts, steps, shape);
  },
  Squeeze: (node, inputs) => {
    const x = inputs[0];
    if (!x) return undefined;
    const axes = axesOf(node, inputs)?.map((axis) => normalAxis(axis, x.shape.length));
    return withShape(
      x,
      x.shape.filter((dimension, at) => (axes ? !axes.includes(at) : dimension !== 1)),
    );
  },
  Transpose: (node, [x]) => {
    const order = intsAttribute(node, 'perm') ?? x?.shape.map((_, axis) => x.shape.length - 1 - axis);
    const isPermutation = order?.length === x?.shape.length && x?.shape.every((_, axis) => order?.includes(axis));
    return x && order && isPermutation ? transpose(x, order) : undefined;
  },
  Unsqueeze: (node, inputs) => {
    const x = inputs[0];
    const axes = axesOf(node, inputs);
    if (!x || !axes) return undefined;
    const rank = x.shape.length + axes.length;
    const added = new Set(axes.map((axis) => normalAxis(axis, rank)));
    if (added.size !== axes.length || added.has(undefined)) return undefined;
    const rest = x.shape.values();
    return withShape(
      x,
      Array.from({ length: rank }, (_, at) => (added.has(at) ? 1 : (rest.next().value ?? 1))),
    );
  },
  Where: (_node, inputs) => {
    const [condition, a, b] = inputs;
    const choice = numeric(condition);
    const inner = a && b && broadcastShape(a.shape, b.shape);
    const shape = inner && choice && broadcastShape(choice.shape, inner);
    if (!shape || elementCount(shape) > knownElementsLimit) return undefined;
    const [which, yes, no] = [
      broadcastTo(choice.shape, choice.data, shape),
      broadcastTo(a.shape, a.data, shape),
      broadcastTo(b.shape, b.data, shape),
    ];
    return which && yes && no
      ? { type: a.type, shape, data: which.map((chosen, at) => (chosen ? yes[at]! : no[at]!)) }
      : undefined;
  },
};

const ruleOf = (op: string): Rule | undefined => {
  if (Object.hasOwn(rules, op)) return rules[op];
  if (Object.hasOwn(unaryFunctions, op)) return unary;
  if (Object.hasOwn(binaryFunctions, op)) return binary;
  return Object.hasOwn(comparisons, op) ? compare : undefined;
};

/**
 * The result of a node with one output whose inputs are known.
 * @param inputs undefined for absent optional ones. @returns undefined when it is not known how, or a symbol is in the
 * way.
 */
export function evaluate(node: Node, inputs: Inputs, opset: number): KnownValue | undefined {
  if (node.domain !== '' || node.outputs.length !== 1) return undefined;
  const elements = inputs.reduce((largest, value) => Math.max(largest, value?.data.length ?? 0), 0);
  return elements <= knownElementsLimit ? ruleOf(node.op)?.(node, inputs, opset) : undefined;
}
