/** The share of the learning rate at a step, from 0, of all `steps`. */
export type Schedule = (step: number, steps: number) => number;

/** Stays where it is. */
export const constant: Schedule = () => 1;

/** From 1 to 0 along half a cosine (Loshchilov and Hutter 2017, "SGDR"). */
export const cosine: Schedule = (step, steps) => (1 + Math.cos((Math.PI * step) / steps)) / 2;

/** Times `factor` at each of the points, which are shares of all steps. */
export const stepwise =
  (points: readonly number[], factor = 0.1): Schedule =>
  (step, steps) =>
    factor ** points.filter((point) => step >= point * steps).length;

/** Rises evenly over the first share of the steps, and follows `schedule` from there. */
export const withWarmUp =
  (schedule: Schedule, share: number): Schedule =>
  (step, steps) => {
    const warm = Math.round(share * steps);
    return step < warm ? (step + 1) / (warm + 1) : schedule(step - warm, steps - warm);
  };
