/** Techniques whose files hold weights as codes; what makes new weights goes before them. */
export const storingTechniques = [
  'quantize.static',
  'quantize.dynamic',
  'quantize.integer',
  'quantize.weights',
  'quantize.mixed',
  'cluster.weights',
  'binarize.weights',
] as const;

/** `notAfter` of a technique that makes new weights: the same reason after every technique that stores them. */
export function notAfterStoring(reason: string): Record<(typeof storingTechniques)[number], string> {
  return Object.fromEntries(storingTechniques.map((id) => [id, reason])) as ReturnType<typeof notAfterStoring>;
}
