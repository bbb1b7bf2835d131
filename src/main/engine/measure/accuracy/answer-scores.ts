/** Scores of the best classes of one image, and what makes probabilities of them. */
interface ScoredImage {
  /** In the order of the classes given. */
  best: number[];
  /** Logarithm of the sum of exponentials of all scores. */
  logSum: number;
}

/** How far from 1 a sum of probabilities may be on average: integers and halves round each of a thousand. */
const sumTolerance = 0.05;
const decimals = 4;

/**
 * Probabilities of the best classes, gathered image by image. Whether a network's scores are probabilities already is known only when all
 * were seen: then each is between 0 and 1 and they sum to about 1 an image; otherwise they are logits, and their softmax is taken.
 */
export class AnswerScores {
  private readonly images: ScoredImage[] = [];
  private isWithinUnit = true;
  private sumError = 0;

  /** @param scores of one image, `[classes]`; values that are not numbers count for nothing */
  add(scores: Float32Array, best: readonly number[]): void {
    let sum = 0;
    let exponentials = 0;
    const highest = best[0] === undefined ? 0 : scores[best[0]]!;
    for (const score of scores) {
      if (Number.isNaN(score)) continue;
      if (score < 0 || score > 1) this.isWithinUnit = false;
      sum += score;
      // An infinite score minus itself is no number, and takes all.
      exponentials += score === highest ? 1 : Math.exp(score - highest);
    }
    this.sumError += Math.abs(sum - 1);
    this.images.push({ best: best.map((index) => scores[index]!), logSum: highest + Math.log(exponentials) });
  }

  /** 0..1 for each image and class given, to four decimals. */
  probabilities(): number[][] {
    const areProbabilities = this.isWithinUnit && this.sumError <= sumTolerance * this.images.length;
    return this.images.map(({ best, logSum }) =>
      best.map((score) => rounded(areProbabilities ? score : score === logSum ? 1 : Math.exp(score - logSum))),
    );
  }
}

const rounded = (probability: number): number =>
  Number.isNaN(probability) ? 0 : Number(probability.toFixed(decimals));
