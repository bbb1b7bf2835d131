/**
 * Version of what each kind of step does, part of its key. Raise one when that step would give other results for the same inputs, or the
 * same numbers another meaning: what is stored is computed again then. What a technique computes has a version of its own.
 */
export const stepVersions = {
  compress: 2,
  convert: 1,
  describe: 5,
  evaluate: 3,
  measure: 2,
  sensitivity: 1,
  layers: 2,
} as const;
