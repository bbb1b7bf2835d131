/**
 * Rank of each point, all coordinates the lower the better: 0 for those that no other dominates, 1 for those that only rank 0 dominates,
 * and so on: the non-dominated sorting of Deb, Pratap, Agarwal and Meyarivan (2002), "A fast and elitist multiobjective genetic
 * algorithm: NSGA-II", IEEE Transactions on Evolutionary Computation 6(2). In lexicographic order nobody dominates who came before, so
 * that each point only needs the fronts found so far (Zhang et al. 2015, the same journal 19(2)). Equal points share a rank.
 */
export function paretoRanks(points: readonly (readonly number[])[]): number[] {
  const ranks = new Array<number>(points.length).fill(0);
  const fronts: (readonly number[])[][] = [];
  const order = [...points.keys()].sort((a, b) => compareLexically(points[a]!, points[b]!));
  for (const index of order) {
    const point = points[index]!;
    const found = fronts.findIndex((front) => !front.some((member) => dominates(member, point)));
    const rank = found < 0 ? fronts.push([]) - 1 : found;
    fronts[rank]!.push(point);
    ranks[index] = rank;
  }
  return ranks;
}

/** Order by the first coordinate that differs. */
export function compareLexically(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, index) => value !== other[index]);
  return at < 0 ? 0 : one[at]! - other[at]!;
}

/** Nowhere worse, and better somewhere. */
function dominates(one: readonly number[], other: readonly number[]): boolean {
  let isBetter = false;
  for (let at = 0; at < one.length; at++) {
    if (one[at]! > other[at]!) return false;
    if (one[at]! < other[at]!) isBetter = true;
  }
  return isBetter;
}
