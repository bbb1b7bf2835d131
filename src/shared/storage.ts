import { z } from 'zod';

const bytes = z.number().int().min(0);

/** What a collection removed and what is left. */
export const collectionSchema = z.object({
  freedBytes: bytes,
  files: z.number().int(),
  /** What is left of artifacts and cache. */
  keptBytes: bytes,
  /** Of that, what no budget touches: starred, under way, measured beside, or under another name in a results folder. */
  neededBytes: bytes,
});
export type Collection = z.infer<typeof collectionSchema>;

/** What the workspace takes on the disk. */
export const storageUseSchema = z.object({
  artifactBytes: bytes,
  cacheBytes: bytes,
  journalBytes: bytes,
  /** What went last to keep within the budget, and when. */
  last: collectionSchema.extend({ at: z.string() }).optional(),
});
export type StorageUse = z.infer<typeof storageUseSchema>;
