/**
 * p-values adjusted by Holm (1979), "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6: where only those
 * count whose adjusted value is at most a, the chance of a single false one is at most a, however they depend on each other. It is
 * what a choice of the best needs: the best of many is false as soon as any is. Same order as given.
 */
export function adjustFamilywise(pValues: readonly number[]): number[] {
  const count = pValues.length;
  const ascending = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(count);
  let largest = 0;
  ascending.forEach(({ p, index }, position) => {
    largest = Math.max(largest, Math.min(1, p * (count - position)));
    adjusted[index] = largest;
  });
  return adjusted;
}
