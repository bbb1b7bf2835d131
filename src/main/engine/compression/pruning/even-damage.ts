/** How much a layer loses for the answers: its damage at two shares of zero weights. */
export interface DamageCurve {
  weights: number;
  /** Ascending shares in (0, 1). */
  shares: readonly [number, number];
  damages: readonly [number, number];
}

/** No layer loses more than this share of its weights. */
const largestShare = 0.98;
const leastDamage = 1e-9;
const halvings = 60;

/** The share at which damage = d, on the power law through both points. */
function shareAt({ shares, damages }: DamageCurve, damage: number): number {
  const [low, high] = damages.map((value) => Math.max(value, leastDamage)) as [number, number];
  // Damage never grows slower than the share does.
  const power = Math.max(1, Math.log(high / low) / Math.log(shares[1] / shares[0]));
  return Math.min(largestShare, shares[1] * (damage / high) ** (1 / power));
}

/** Whole numbers that sum to `total`, each near its real one: the largest remainders are rounded up. */
function roundedTo(total: number, reals: readonly number[]): number[] {
  const floors = reals.map(Math.floor);
  const byRemainder = reals
    .map((_, at) => at)
    .sort((a, b) => reals[b]! - floors[b]! - (reals[a]! - floors[a]!) || a - b);
  let left = total - floors.reduce((sum, value) => sum + value, 0);
  for (const at of byRemainder) if (left-- > 0) floors[at]!++;
  return floors;
}

/** Zeros for each layer, `zeros` in all, such that every layer alone does about the same damage. */
export function evenDamage(curves: readonly DamageCurve[], zeros: number): number[] {
  const wanted = (damage: number): number[] => curves.map((curve) => curve.weights * shareAt(curve, damage));
  const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
  const most = sum(curves.map(({ weights }) => weights));
  if (zeros >= largestShare * most)
    return roundedTo(
      zeros,
      curves.map(({ weights }) => (zeros / most) * weights),
    );
  let [low, high] = [Math.log(leastDamage) * 4, 40];
  for (let step = 0; step < halvings; step++) {
    const middle = (low + high) / 2;
    if (sum(wanted(Math.exp(middle))) < zeros) low = middle;
    else high = middle;
  }
  return roundedTo(zeros, wanted(Math.exp((low + high) / 2)));
}
