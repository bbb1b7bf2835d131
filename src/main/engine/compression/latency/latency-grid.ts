/** Milliseconds of one layer for some channel counts; row i belongs to `inputs[i]`, column j to `outputs[j]`. Both ascend. */
export interface LatencyGrid {
  /** Kernels compute channels in blocks of this many: a count in between costs as much as the next multiple. */
  block: number;
  inputs: number[];
  outputs: number[];
  milliseconds: number[][];
}

/** Where along an axis a count lies: between entry `at` and the next, `share` of the way. Below the first entry, through zero. */
function place(axis: readonly number[], count: number): { at: number; share: number; scale: number } {
  if (axis.length === 1) return { at: 0, share: 0, scale: count / axis[0]! };
  if (count < axis[0]!) return { at: 0, share: 0, scale: count / axis[0]! };
  let at = 0;
  while (at < axis.length - 2 && axis[at + 1]! <= count) at++;
  return { at, share: (count - axis[at]!) / (axis[at + 1]! - axis[at]!), scale: 1 };
}

/**
 * Milliseconds at any channel counts: bilinear between measured ones, in proportion below the least, along the last two above the most.
 * Counts are rounded up to whole blocks, but no further than to the most measured, which may itself not be one.
 */
export function interpolate(grid: LatencyGrid, inputChannels: number, outputChannels: number): number {
  const whole = (count: number, axis: readonly number[]): number => {
    const blocks = Math.ceil(count / grid.block) * grid.block;
    const most = axis.at(-1)!;
    return count <= most ? Math.min(blocks, most) : blocks;
  };
  const row = place(grid.inputs, whole(inputChannels, grid.inputs));
  const column = place(grid.outputs, whole(outputChannels, grid.outputs));
  const cell = (i: number, j: number): number =>
    grid.milliseconds[Math.min(i, grid.inputs.length - 1)]![Math.min(j, grid.outputs.length - 1)]!;
  const along = (i: number): number => cell(i, column.at) * (1 - column.share) + cell(i, column.at + 1) * column.share;
  const between = along(row.at) * (1 - row.share) + along(row.at + 1) * row.share;
  return Math.max(0, between * row.scale * column.scale);
}

/**
 * The channel counts measured along an axis: one block, and even parts of what the network has, in whole blocks.
 * @param parts how many. A count below two blocks is measured as it is only.
 */
export function channelCounts(most: number, block: number, parts: number): number[] {
  if (most < 2 * block) return [most];
  const counts = new Set([block, most]);
  for (let part = 1; part < parts; part++) {
    counts.add(Math.min(most, Math.max(block, Math.round((most * part) / parts / block) * block)));
  }
  return [...counts].sort((a, b) => a - b);
}
