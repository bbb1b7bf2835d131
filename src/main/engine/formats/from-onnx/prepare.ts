import { fromFloat16 } from '../../onnx/float16';
import { imageInput } from '../../onnx/image-input';
import { copyGraph, type Graph } from '../../onnx/graph';
import { intAttribute } from '../../onnx/attributes';
import { attr, float32Tensor } from '../../onnx/make';
import { inferShapes } from '../../onnx/shapes';
import { simplify } from '../../onnx/simplify';
import { upgradeOpset } from '../../onnx/upgrade-opset';
import { floatLayers } from './dynamic-layers';
import { recogniseActivations } from './recognise-activations';
import { Inexpressible } from './inexpressible';

/** A network as conversion rules take it. */
export interface Prepared {
  /** One image at a time, plain opset 13 or later, batch norms folded, all floats in single precision. */
  graph: Graph;
  /** Names of the nodes whose weights came in half precision. */
  halfLayers: ReadonlySet<string>;
  /** How an image lies in the ONNX input. */
  inputLayout: 'NCHW' | 'NHWC';
}

const [float32Code, float16Code] = [1, 10];
const layers = new Set(['Conv', 'Gemm', 'MatMul', 'ConvTranspose']);

/** @param graph whose self-decoding weights are decoded; it is not changed. Throws `Inexpressible`. */
export function prepare(graph: Graph): Prepared {
  const single = copyGraph(graph);
  for (const input of single.inputs) {
    if (typeof input.shape[0] === 'string') input.shape[0] = 1;
    if (input.type === 'float16') input.type = 'float32';
  }
  for (const output of single.outputs) if (output.type === 'float16') output.type = 'float32';
  const upgraded = upgradeOpset(single);
  if ('unsupported' in upgraded) throw new Inexpressible(`${upgraded.unsupported} of opset ${graph.opsets['']}`);
  const halfLayers = widenHalves(upgraded);
  const found = imageInput(upgraded);
  return {
    graph: copyGraph(recogniseActivations(simplify(floatLayers(upgraded)))),
    halfLayers,
    inputLayout: 'layout' in found ? found.layout : 'NCHW',
  };
}

/** Makes all halves single precision, in place. Returns the names of the layers that had weights in halves. */
function widenHalves(graph: Graph): Set<string> {
  const types = inferShapes(graph);
  const widened = new Set<string>();
  for (const [name, { type, shape, data }] of graph.initializers) {
    if (type !== 'float16') continue;
    graph.initializers.set(name, float32Tensor(shape, fromFloat16(data as Uint16Array)));
    widened.add(name);
  }
  for (const node of graph.nodes) {
    if (node.op !== 'Cast' || node.domain !== '') continue;
    const from = types.get(node.inputs[0]!)?.type;
    const to = intAttribute(node, 'to', 0);
    if (to !== float32Code && to !== float16Code) continue;
    if (from !== 'float32' && from !== 'float16') node.attributes['to'] = attr.int(float32Code);
    else {
      node.op = 'Identity';
      node.attributes = {};
      if (widened.has(node.inputs[0]!)) widened.add(node.outputs[0]!);
    }
  }
  const layerNames = graph.nodes.flatMap(({ op, name, inputs }) =>
    layers.has(op) && widened.has(inputs[1] ?? '') ? [name] : [],
  );
  return new Set(layerNames);
}
