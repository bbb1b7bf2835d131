/**
 * p-values adjusted for their number by Benjamini and Hochberg (1995), "Controlling the False Discovery Rate", JRSS B 57: of
 * the comparisons whose adjusted value is at most 5 %, on average at most 5 % are false. Holds for independent and for
 * positively dependent comparisons (Benjamini and Yekutieli 2001), such as trials that share a baseline. Same order as given.
 */
export function adjustForDiscoveries(pValues: readonly number[]): number[] {
  const count = pValues.length;
  const descending = pValues.map((p, index) => ({ p, index })).sort((a, b) => b.p - a.p);
  const adjusted = new Array<number>(count);
  let smallest = 1;
  descending.forEach(({ p, index }, position) => {
    smallest = Math.min(smallest, p * (count / (count - position)));
    adjusted[index] = smallest;
  });
  return adjusted;
}
