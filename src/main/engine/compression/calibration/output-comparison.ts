import type { OutputDifference } from '@shared/sensitivity';

/** Below this a probability counts as this much, so that the divergence stays finite. */
const leastProbability = 1e-12;

/** A network that gives nothing but zeros has no signal to compare with. */
const leastSignal = 1e-30;

function largestAt(values: Float32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index]! > values[best]!) best = index;
  return best;
}

function areProbabilities(values: Float32Array): boolean {
  const sum = values.reduce((total, value) => total + value, 0);
  return Math.abs(sum - 1) < 1e-3 && values.every((value) => value >= 0);
}

/** log of softmax; of what is a softmax already, the log alone. */
function logProbabilities(values: Float32Array, areDone: boolean): Float64Array {
  const row = Float64Array.from(values);
  if (areDone) return row.map((value) => Math.log(Math.max(value, leastProbability)));
  const largest = values[largestAt(values)]!;
  const shift = largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
  return row.map((value) => value - shift);
}

/** Values that are not numbers tell nothing: they count as 0. */
function withoutGaps(values: Float32Array): { scores: Float32Array; hasGaps: boolean } {
  if (values.every(Number.isFinite)) return { scores: values, hasGaps: false };
  return { scores: values.map((value) => (Number.isFinite(value) ? value : 0)), hasGaps: true };
}

/** Gathers how a changed network's outputs differ from the float network's, batch by batch. */
export class OutputComparison {
  private images = 0;
  private agreeing = 0;
  private signal = 0;
  private error = 0;
  private divergence = 0;

  /** @param float, changed class scores of the same images, `[count, classes]` */
  add(float: Float32Array, changed: Float32Array, count: number): void {
    const classes = float.length / count;
    for (let start = 0; start < float.length; start += classes)
      this.addImage(float.subarray(start, start + classes), changed.subarray(start, start + classes));
  }

  private addImage(float: Float32Array, changed: Float32Array): void {
    const { scores, hasGaps } = withoutGaps(changed);
    float.forEach((value, index) => {
      this.signal += value * value;
      this.error += (scores[index]! - value) ** 2;
    });
    const areDone = areProbabilities(float);
    const wanted = logProbabilities(float, areDone);
    const found = logProbabilities(scores, areDone);
    wanted.forEach((log, index) => (this.divergence += Math.exp(log) * (log - found[index]!)));
    if (!hasGaps && largestAt(float) === largestAt(scores)) this.agreeing++;
    this.images++;
  }

  result(): OutputDifference {
    const noise = this.error === 0 ? 0 : this.error / Math.max(this.signal, leastSignal);
    return {
      sqnrDb: noise === 0 ? null : -10 * Math.log10(noise),
      noise,
      divergence: Math.max(0, this.divergence / this.images),
      agreement: (100 * this.agreeing) / this.images,
    };
  }
}
