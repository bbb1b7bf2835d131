export interface TopClasses {
  /** Class indices of the highest values, best first: five, or all where there are fewer. */
  classes: number[];
  /** Values that are not numbers. They never count as high: a class without a number cannot win. */
  notNumbers: number;
}

const kept = 5;

/**
 * The five classes with the highest values among the first `classes` values. Of equal values the lower index comes first, so
 * the answer does not depend on the order of comparison.
 */
export function top5Of(logits: Float32Array, classes: number = logits.length): TopClasses {
  const top: number[] = [];
  let notNumbers = 0;
  for (let index = 0; index < classes; index++) {
    const value = logits[index]!;
    if (Number.isNaN(value)) {
      notNumbers++;
      continue;
    }
    if (top.length === kept && value <= logits[top[kept - 1]!]!) continue;
    let place = top.length;
    while (place > 0 && value > logits[top[place - 1]!]!) place--;
    top.splice(place, 0, index);
    if (top.length > kept) top.pop();
  }
  return { classes: top, notNumbers };
}
