import type { ModelCard } from '@shared/model-card';
import type { Dimension, ElementType, Graph, GraphValue } from './graph';

export interface ImageInput {
  value: GraphValue;
  layout: 'NCHW' | 'NHWC';
  channels: 1 | 3;
  /** Absent where the network takes any. */
  height?: number;
  width?: number;
}

const imageTypes: readonly ElementType[] = ['float32', 'float16', 'uint8'];

/** Of batches that a file fixes; the memory for one is taken whole. */
const largestBatch = 1024;

const axesOf = { NCHW: [1, 2, 3], NHWC: [3, 1, 2] } as const;

/**
 * The input of a network that takes images, one of them `[N,C,H,W]` or `[N,H,W,C]` with one or three channels.
 * @param said what a card says, for what the file leaves open
 * @returns why it takes none, in words that complete "its input ..."
 */
export function imageInput(graph: Graph, said?: ModelCard['input']): ImageInput | { problem: string } {
  const [value, second] = graph.inputs;
  if (!value) return { problem: 'it has no input' };
  if (second) return { problem: `it has ${graph.inputs.length} inputs` };
  const what = `its input "${value.name}" is`;
  const shown = shapeText(value.shape);
  if (value.shape.length !== 4) return { problem: `${what} ${shown}, not an image` };
  if (!imageTypes.includes(value.type)) return { problem: `${what} ${value.type}, not an image` };
  const [batch] = value.shape;
  if (typeof batch === 'number' && batch > largestBatch)
    return { problem: `${what} ${shown}, more than ${largestBatch} images at once` };
  const found = layoutOf(value.shape, said);
  if (!found) return { problem: `${what} ${shown}, not an image of one or three channels` };
  const size = (axis: number): number | undefined => {
    const dimension = value.shape[axis];
    return typeof dimension === 'number' ? dimension : undefined;
  };
  const [, height, width] = axesOf[found.layout];
  return { value, ...found, height: size(height), width: size(width) };
}

function layoutOf(
  shape: readonly Dimension[],
  said?: ModelCard['input'],
): { layout: 'NCHW' | 'NHWC'; channels: 1 | 3 } | undefined {
  for (const channels of [3, 1] as const) {
    if (shape[1] === channels) return { layout: 'NCHW', channels };
    if (shape[3] === channels) return { layout: 'NHWC', channels };
  }
  if (!said || typeof shape[axesOf[said.layout][0]] === 'number') return undefined;
  return { layout: said.layout, channels: said.channels === 'gray' ? 1 : 3 };
}

/** The shape of the input for images of this size; a batch that the file fixes stays, because the graph may rely on it. */
export function shapeWithSize(
  { value, layout, channels }: ImageInput,
  { height, width }: Pick<ModelCard['input'], 'height' | 'width'>,
): Dimension[] {
  const [channelAxis, heightAxis, widthAxis] = axesOf[layout];
  const wanted = { [channelAxis]: channels, [heightAxis]: height, [widthAxis]: width };
  return value.shape.map((dimension, axis) =>
    typeof dimension === 'number' ? dimension : (wanted[axis] ?? dimension),
  );
}

export function shapeText(shape: readonly Dimension[]): string {
  return `[${shape.join(',')}]`;
}
