/**
 * k-means in one dimension: clusters of numbers are intervals, so sorted points with running sums are all it takes. Deterministic.
 * Wang, Song 2011 ("Ckmeans.1d.dp") for the exact dynamic programme; its divide and conquer after Gronlund et al. 2017.
 */
export interface WeightedPoints {
  /** Ascending; several numbers close together may be one point, their weighted mean. */
  values: Float64Array;
  weights: Float64Array;
}

export type ClusterInit = 'optimal' | 'linear' | 'density' | 'k-means++';

const largestPointCount = 4096;

/** The numbers as weighted points: each distinct one where there are few, else the means of `limit` equally wide bins. */
export function weightedPoints(
  numbers: Float32Array,
  importance?: Float32Array,
  limit = largestPointCount,
): WeightedPoints {
  let [min, max] = [Infinity, -Infinity];
  for (const value of numbers) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const weights = new Float64Array(limit);
  const sums = new Float64Array(limit);
  if (numbers.length <= limit) {
    const order = Uint32Array.from(numbers.keys()).sort((a, b) => numbers[a]! - numbers[b]!);
    order.forEach((index, at) => {
      weights[at] = importance?.[index] ?? 1;
      sums[at] = weights[at] * numbers[index]!;
    });
  } else {
    const perUnit = max > min ? limit / (max - min) : 0;
    for (let index = 0; index < numbers.length; index++) {
      const bin = Math.min(limit - 1, Math.floor((numbers[index]! - min) * perUnit));
      const weight = importance?.[index] ?? 1;
      weights[bin]! += weight;
      sums[bin]! += weight * numbers[index]!;
    }
  }
  return compacted(sums, weights);
}

/** Points without weight go, equal ones become one. */
function compacted(sums: Float64Array, masses: Float64Array): WeightedPoints {
  const values = new Float64Array(sums.length);
  const weights = new Float64Array(sums.length);
  let count = 0;
  for (let at = 0; at < sums.length; at++) {
    if (!(masses[at]! > 0)) continue;
    const value = sums[at]! / masses[at]!;
    if (count > 0 && values[count - 1] === value) weights[count - 1]! += masses[at]!;
    else {
      values[count] = value;
      weights[count++] = masses[at]!;
    }
  }
  return { values: values.slice(0, count), weights: weights.slice(0, count) };
}

/** Sums over the first n points, of weight, weight * value and weight * value^2. */
interface RunningSums {
  weight: Float64Array;
  first: Float64Array;
  second: Float64Array;
}

function runningSums({ values, weights }: WeightedPoints): RunningSums {
  const sums = () => new Float64Array(values.length + 1);
  const [weight, first, second] = [sums(), sums(), sums()];
  for (let index = 0; index < values.length; index++) {
    const [value, mass] = [values[index]!, weights[index]!];
    weight[index + 1] = weight[index]! + mass;
    first[index + 1] = first[index]! + mass * value;
    second[index + 1] = second[index]! + mass * value * value;
  }
  return { weight, first, second };
}

/** Weighted mean of the points from `start` on before `end`. */
function meanOf(sums: RunningSums, start: number, end: number): number {
  return (sums.first[end]! - sums.first[start]!) / (sums.weight[end]! - sums.weight[start]!);
}

/** Sum of squared distances of those points to their mean. */
function costOf({ weight, first, second }: RunningSums, start: number, end: number): number {
  const mass = weight[end]! - weight[start]!;
  const sum = first[end]! - first[start]!;
  return mass > 0 ? Math.max(0, second[end]! - second[start]! - (sum * sum) / mass) : 0;
}

/** The starts of the best `count` intervals, by dynamic programming; `count` at most the number of points. */
function optimalStarts(sums: RunningSums, points: number, count: number): number[] {
  let previous = Float64Array.from({ length: points + 1 }, (_, end) => costOf(sums, 0, end));
  const choices: Int32Array[] = [];
  for (let clusters = 2; clusters <= count; clusters++) {
    const best = new Float64Array(points + 1);
    const choice = new Int32Array(points + 1);
    // The best last start grows with the end, so each half of the ends searches one side only.
    const solve = (low: number, high: number, from: number, to: number): void => {
      if (low > high) return;
      const end = (low + high) >> 1;
      let [bestCost, bestStart] = [Infinity, from];
      for (let start = Math.max(from, clusters - 1); start <= Math.min(to, end - 1); start++) {
        const cost = previous[start]! + costOf(sums, start, end);
        if (cost < bestCost) [bestCost, bestStart] = [cost, start];
      }
      best[end] = bestCost;
      choice[end] = bestStart;
      solve(low, end - 1, from, bestStart);
      solve(end + 1, high, bestStart, to);
    };
    solve(clusters, points, clusters - 1, points - 1);
    choices.push(choice);
    previous = best;
  }
  const starts: number[] = [];
  for (let end = points, cluster = choices.length - 1; cluster >= 0; cluster--)
    starts.unshift((end = choices[cluster]![end]!));
  return [0, ...starts];
}

/** First point whose value is at least `value`. */
function lowerBound(values: Float64Array, value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Lloyd's iterations, each exact: a cluster is the interval between two midpoints. An empty cluster keeps its centre. */
function lloyd(points: WeightedPoints, sums: RunningSums, initial: Float64Array): Float64Array {
  let centres = initial.slice().sort();
  const largestIterations = 300;
  for (let iteration = 0; iteration < largestIterations; iteration++) {
    const edges = [0];
    for (let index = 1; index < centres.length; index++)
      edges.push(lowerBound(points.values, (centres[index - 1]! + centres[index]!) / 2));
    edges.push(points.values.length);
    const next = centres.map((centre, index) =>
      edges[index + 1]! > edges[index]! ? meanOf(sums, edges[index]!, edges[index + 1]!) : centre,
    );
    if (next.every((centre, index) => centre === centres[index])) break;
    centres = next;
  }
  return centres;
}

/** Each next centre is drawn with a chance that grows with the squared distance to those there are. Arthur, Vassilvitskii 2007. */
function drawnCentres({ values, weights }: WeightedPoints, count: number, rng: () => number): Float64Array {
  const distances = new Float64Array(values.length).fill(Infinity);
  const centres = new Float64Array(count);
  for (let cluster = 0; cluster < count; cluster++) {
    const mass = cluster === 0 ? weights : weights.map((weight, index) => weight * distances[index]!);
    let left = rng() * mass.reduce((sum, value) => sum + value, 0);
    let chosen = mass.findLastIndex((value) => value > 0);
    for (let index = 0; index < mass.length; index++) {
      left -= mass[index]!;
      if (left < 0) {
        chosen = index;
        break;
      }
    }
    centres[cluster] = values[Math.max(0, chosen)]!;
    for (let index = 0; index < values.length; index++)
      distances[index] = Math.min(distances[index]!, (values[index]! - centres[cluster]!) ** 2);
  }
  return centres;
}

function startingCentres(
  points: WeightedPoints,
  sums: RunningSums,
  count: number,
  init: ClusterInit,
  rng: () => number,
): Float64Array {
  const { values } = points;
  const [min, max] = [values[0]!, values[values.length - 1]!];
  const total = sums.weight[values.length]!;
  switch (init) {
    case 'optimal': {
      const starts = optimalStarts(sums, values.length, count);
      return Float64Array.from(starts, (start, index) => meanOf(sums, start, starts[index + 1] ?? values.length));
    }
    case 'linear':
      return Float64Array.from({ length: count }, (_, index) => min + ((max - min) * index) / Math.max(1, count - 1));
    case 'density':
      return Float64Array.from({ length: count }, (_, index) => {
        const at = lowerBound(sums.weight, ((index + 0.5) / count) * total);
        return values[Math.max(0, Math.min(values.length - 1, at - 1))]!;
      });
    case 'k-means++':
      return drawnCentres(points, count, rng);
  }
}

/**
 * At most `count` centres, ascending, that make the weighted squared distances small: least with `init` optimal.
 * @param rng uniform in [0, 1); only k-means++ draws from it.
 */
export function kMeans(points: WeightedPoints, count: number, init: ClusterInit, rng: () => number): Float32Array {
  if (points.values.length <= count) return Float32Array.from(points.values);
  const sums = runningSums(points);
  return Float32Array.from(lloyd(points, sums, startingCentres(points, sums, count, init, rng)));
}

/** The index of the nearest of ascending centres. */
export function nearestCentre(centres: Float32Array, value: number, from = 0, to = centres.length): number {
  let [low, high] = [from, to - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value > (centres[middle]! + centres[middle + 1]!) / 2) low = middle + 1;
    else high = middle;
  }
  return low - from;
}
