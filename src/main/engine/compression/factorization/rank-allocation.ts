/** One way to keep a layer: what it costs and what it loses. */
export interface LayerOption {
  macs: number;
  /** Share of the layer's output energy that is lost, times what that share matters. */
  loss: number;
}

/** Options without those that a mixture of two others beats, from dearest to cheapest: each step loses more per saved MAC than the one before. */
export function lowerHull<O extends LayerOption>(options: readonly O[]): O[] {
  const sorted = [...options].sort((a, b) => b.macs - a.macs || a.loss - b.loss);
  const slope = (from: O, to: O): number => (to.loss - from.loss) / (from.macs - to.macs);
  const hull: O[] = [];
  for (const option of sorted) {
    // Dearer without losing less.
    while (hull.length > 0 && hull.at(-1)!.macs > option.macs && hull.at(-1)!.loss >= option.loss) hull.pop();
    if (hull.length > 0 && hull.at(-1)!.macs === option.macs) continue;
    while (hull.length > 1 && slope(hull.at(-2)!, hull.at(-1)!) >= slope(hull.at(-1)!, option)) hull.pop();
    hull.push(option);
  }
  return hull;
}

/**
 * The option of each layer such that together they save at least `macsToSave` (or all that can be saved) and lose little: the cheapest step
 * first, counted in loss per saved MAC. Ties go to the earlier layer.
 */
export function allocateMacs<O extends LayerOption>(layers: readonly (readonly O[])[], macsToSave: number): O[] {
  const hulls = layers.map((options) => lowerHull(options));
  const steps = hulls.flatMap((hull, layer) =>
    hull.slice(1).map((to, at) => {
      const from = hull[at]!;
      const saved = from.macs - to.macs;
      return { layer, to, saved, price: (to.loss - from.loss) / saved };
    }),
  );
  steps.sort((a, b) => a.price - b.price || a.layer - b.layer || b.to.macs - a.to.macs);
  const chosen = hulls.map((hull) => hull[0]!);
  let missing = macsToSave;
  for (const { layer, to, saved } of steps) {
    if (missing <= 0) break;
    chosen[layer] = to;
    missing -= saved;
  }
  return chosen;
}

/** The cheapest option of each layer that loses at most `largestLoss`, or else the one that loses least. */
export function allocateLoss<O extends LayerOption>(layers: readonly (readonly O[])[], largestLoss: number): O[] {
  return layers.map((options) => {
    const fit = options.filter(({ loss }) => loss <= largestLoss);
    return fit.length > 0
      ? fit.reduce((best, option) => (option.macs < best.macs ? option : best))
      : options.reduce((best, option) => (option.loss < best.loss ? option : best));
  });
}
