/** Bin `i` counts values from `(firstBin + i) * binWidth` up to the next bin. Widths are powers of two, so zero is always an edge. */
export interface Histogram {
  binWidth: number;
  firstBin: number;
  counts: number[];
}

export const histogramBins = 2048;
/** A first range is never finer than this share of its largest magnitude: bin numbers stay small integers. */
const finestShare = 2 ** -10;
const smallestSpan = 2 ** -60;

/**
 * A histogram of constant size over a range that is not known beforehand. Where values do not fit, bins twice as wide take the counts of
 * two neighbours each: no count is lost, none is divided, and at least half of the bins lie within the range seen.
 */
export class StreamingHistogram {
  private readonly bins = histogramBins;
  private counts = new Int32Array(this.bins);
  private width = 0;
  private first = 0;
  private min = Infinity;
  private max = -Infinity;

  /** Adds finite numbers whose smallest and largest are known. */
  add(values: Float32Array, min: number, max: number): void {
    if (values.length === 0) return;
    this.fit(Math.min(min, this.min), Math.max(max, this.max));
    const { counts, first } = this;
    const perWidth = 1 / this.width;
    // Never negative, so truncating is rounding down.
    for (let index = 0; index < values.length; index++) counts[(values[index]! * perWidth - first) | 0]!++;
  }

  private fit(min: number, max: number): void {
    const magnitude = Math.max(Math.abs(min), Math.abs(max));
    let width = this.width;
    if (width === 0) {
      const span = Math.max(max - min, magnitude * finestShare, smallestSpan);
      width = 2 ** Math.ceil(Math.log2(span / this.bins));
    }
    const binOf = (value: number): number => Math.floor(value / width);
    while (binOf(max) - binOf(min) >= this.bins) width *= 2;
    const [low, high] = [binOf(min), binOf(max)];
    const isInside = width === this.width && low >= this.first && high < this.first + this.bins;
    if (!isInside) this.rebin(width, low - ((this.bins - (high - low + 1)) >> 1));
    this.min = min;
    this.max = max;
  }

  private rebin(width: number, first: number): void {
    const counts = new Int32Array(this.bins);
    const ratio = this.width / width;
    this.counts.forEach((count, index) => {
      if (count > 0) counts[Math.floor((this.first + index) * ratio) - first]! += count;
    });
    this.counts = counts;
    this.width = width;
    this.first = first;
  }

  /** Without the empty bins at both ends. */
  result(): Histogram {
    const isCounted = (count: number): boolean => count > 0;
    const start = Math.max(0, this.counts.findIndex(isCounted));
    const counts = Array.from(this.counts.subarray(start, this.counts.findLastIndex(isCounted) + 1));
    return { binWidth: this.width, firstBin: this.first + start, counts };
  }
}
