import { z } from 'zod';
import { publishedResultSchema, type PublishedResult } from '@shared/published';
import published from './published-results.json';

/** A parameter must equal the value, or one of the values listed. */
const wantedParams = z.record(z.string(), z.unknown());

const rowSchema = z.strictObject({
  /** What the name of the network matches, in any case. */
  model: z.string().transform((pattern) => new RegExp(pattern, 'i')),
  /** The recipe: as many steps, each with these parameters among its own. */
  steps: z.array(z.strictObject({ technique: z.string(), params: wantedParams.default({}) })).min(1),
  top1Float: z.number().min(0).max(100).optional(),
  top1: z.number().min(0).max(100).optional(),
  top1Drop: z.number().optional(),
  sizeBytes: z.number().int().positive().optional(),
  source: z.string(),
  differs: z.string(),
});

const fileSchema = z
  .strictObject({ sources: z.record(z.string(), publishedResultSchema.shape.source), results: z.array(rowSchema) })
  .transform(({ sources, results }, { addIssue }) =>
    results.flatMap(({ model, steps, source: name, ...row }, index) => {
      const source = sources[name];
      const drop = row.top1Drop ?? Number(((row.top1Float ?? NaN) - (row.top1 ?? NaN)).toFixed(4));
      if (source && !Number.isNaN(drop)) return [{ model, steps, result: { ...row, top1Drop: drop, source } }];
      addIssue({ code: 'custom', message: source ? 'no drop' : `no source "${name}"`, path: ['results', index] });
      return [];
    }),
  );

/** Every published result with what it is compared with, in the order of the file: the closest comparison first. */
export const publishedResults = fileSchema.parse(published);

export interface AppliedStep {
  technique: string;
  /** With every default filled in. */
  params: Readonly<Record<string, unknown>>;
}

function fits(wanted: z.infer<typeof wantedParams>, params: AppliedStep['params']): boolean {
  return Object.entries(wanted).every(([name, value]) =>
    Array.isArray(value) ? value.includes(params[name]) : value === params[name],
  );
}

/** What was published for the network and the recipe; the closest comparison first. */
export function publishedFor(network: string, recipe: readonly AppliedStep[]): PublishedResult[] {
  return publishedResults
    .filter(
      ({ model, steps }) =>
        model.test(network) &&
        steps.length === recipe.length &&
        steps.every(({ technique, params }, at) => {
          const step = recipe[at]!;
          return step.technique === technique && fits(params, step.params);
        }),
    )
    .map(({ result }) => result);
}
