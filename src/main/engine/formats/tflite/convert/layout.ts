/**
 * How the elements of an ONNX value lie in memory, so that Reshape and Transpose move nothing until an operator wants its axes in another
 * order: the value's shape cut into pieces, row by row, and the order in which these pieces lie. `[1,C,H,W]` stored as NHWC has the pieces
 * C, H, W in the order H, W, C. Pieces of size 1 do not exist.
 */
export interface Layout {
  /** Sizes of the pieces; their product is the number of elements. */
  readonly sizes: readonly number[];
  /** Which piece lies at each place, the slowest first. */
  readonly order: readonly number[];
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** The layout of a value whose axes lie in memory in the order `axes`; row by row where it is not given. */
export function layoutOf(shape: readonly number[], axes: readonly number[] = range(shape.length)): Layout {
  const pieceOf = new Map<number, number>();
  const sizes: number[] = [];
  shape.forEach((size, axis) => {
    if (size !== 1) pieceOf.set(axis, sizes.push(size) - 1);
  });
  return { sizes, order: axes.flatMap((axis) => pieceOf.get(axis) ?? []) };
}

/** The same layout with as few pieces as will do: those that follow each other in memory as in the value are one. */
function joined({ sizes, order }: Layout): Layout {
  const isStart = sizes.map((_, piece) => piece === 0 || order[order.indexOf(piece - 1) + 1] !== piece);
  let last = -1;
  const numbers = isStart.map((starts) => (last += Number(starts)));
  const products = new Array<number>(last + 1).fill(1);
  sizes.forEach((size, piece) => (products[numbers[piece]!]! *= size));
  return { sizes: products, order: order.filter((piece) => isStart[piece]).map((piece) => numbers[piece]!) };
}

/**
 * The same layout, its pieces cut so that every axis of `shape` is a run of whole pieces; undefined where they cannot be: `[2,3]` stored
 * by columns has no layout as `[6]` cut into `[3,2]`.
 */
function cut(layout: Layout, shape: readonly number[]): Layout | undefined {
  const { sizes, order } = joined(layout);
  const ends: number[] = [];
  let product = 1;
  for (const size of shape) ends.push((product *= size));
  const parts: number[][] = [];
  let before = 1;
  for (const size of sizes) {
    const after = before * size;
    const own: number[] = [];
    for (const end of ends) {
      if (end <= before || end >= after) continue;
      if (end % before !== 0) return undefined;
      own.push(end / before);
      before = end;
    }
    if (after % before !== 0) return undefined;
    own.push(after / before);
    parts.push(own);
    before = after;
  }
  const first: number[] = [];
  let count = 0;
  for (const own of parts) {
    first.push(count);
    count += own.length;
  }
  return { sizes: parts.flat(), order: order.flatMap((piece) => parts[piece]!.map((_, at) => first[piece]! + at)) };
}

/** The pieces of each axis, of a layout that is cut for `shape`. */
function piecesOfAxes({ sizes }: Layout, shape: readonly number[]): number[][] {
  let next = 0;
  return shape.map((size) => {
    const pieces: number[] = [];
    for (let product = 1; product < size; next++) {
      product *= sizes[next]!;
      pieces.push(next);
    }
    return pieces;
  });
}

/** The layout of the value once its axes are permuted as Transpose does: axis i of the result is axis `permutation[i]`. */
export function transposed(
  layout: Layout,
  shape: readonly number[],
  permutation: readonly number[],
): Layout | undefined {
  const fine = cut(layout, shape);
  if (!fine) return undefined;
  const pieces = piecesOfAxes(fine, shape);
  const moved = permutation.flatMap((axis) => pieces[axis]!);
  const newNumber = new Map(moved.map((piece, index) => [piece, index]));
  return { sizes: moved.map((piece) => fine.sizes[piece]!), order: fine.order.map((piece) => newNumber.get(piece)!) };
}

/** A move of elements in memory: an array of shape `from` is permuted by `permutation`. */
export interface Move {
  from: number[];
  permutation: number[];
}

/**
 * What brings a value's axes into the order `axes` in memory: nothing ('as it is') or one transposition of as few axes as will do.
 * @returns undefined where the pieces cannot be cut for `shape`: the elements must be put row by row first
 */
export function moveTo(
  layout: Layout,
  shape: readonly number[],
  axes: readonly number[],
): Move | 'as it is' | undefined {
  const fine = cut(layout, shape);
  if (!fine) return undefined;
  const pieces = piecesOfAxes(fine, shape);
  const wanted = axes.flatMap((axis) => pieces[axis]!);
  if (wanted.every((piece, index) => piece === fine.order[index])) return 'as it is';
  const placeOf = new Map(fine.order.map((piece, place) => [piece, place]));
  // Pieces that stay neighbours move as one.
  const runs: number[][] = [];
  for (const piece of wanted) {
    const run = runs.at(-1);
    if (run && placeOf.get(piece) === placeOf.get(run.at(-1)!)! + 1) run.push(piece);
    else runs.push([piece]);
  }
  const inMemory = [...runs].sort((a, b) => placeOf.get(a[0]!)! - placeOf.get(b[0]!)!);
  return {
    from: inMemory.map((run) => run.reduce((product, piece) => product * fine.sizes[piece]!, 1)),
    permutation: runs.map((run) => inMemory.indexOf(run)),
  };
}

/** The order in which whole axes lie in memory; undefined where an axis is scattered. Axes of size 1 follow the axis before them. */
export function axesInMemory(layout: Layout, shape: readonly number[]): number[] | undefined {
  const fine = cut(layout, shape);
  if (!fine) return undefined;
  const pieces = piecesOfAxes(fine, shape);
  const placeOf = new Map(fine.order.map((piece, place) => [piece, place]));
  const place = pieces.map((own) => (own.length > 0 ? placeOf.get(own[0]!)! : undefined));
  let previous = -1;
  const keys = place.map((own) => (previous = own ?? previous));
  const axes = range(shape.length).sort((a, b) => keys[a]! - keys[b]! || a - b);
  return moveTo(layout, shape, axes) === 'as it is' ? axes : undefined;
}
