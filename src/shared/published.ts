import { z } from 'zod';

/** What others measured for a network and a technique, as far as their source says it. */
export const publishedResultSchema = z.object({
  /** Top-1 of the uncompressed and of the compressed network, %. */
  top1Float: z.number().optional(),
  top1: z.number().optional(),
  /** Points of top-1 that were lost; negative where some were gained. */
  top1Drop: z.number(),
  sizeBytes: z.number().int().optional(),
  source: z.object({ title: z.string(), url: z.url({ protocol: /^https$/ }) }),
  /** How their measurement differs from ours: training, images, form. */
  differs: z.string(),
});
export type PublishedResult = z.infer<typeof publishedResultSchema>;
