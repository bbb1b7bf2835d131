import { z } from 'zod';
import { latencyModes } from './sweep-file';

export const themeSchema = z.enum(['system', 'light', 'dark']);
export type Theme = z.infer<typeof themeSchema>;

/** What a person sets once for all sweeps. */
const preferencesSchema = z.object({
  modelFolder: z.string().max(4096),
  /** Where libraries of runtimes are looked for first; empty: only in the usual places. */
  runtimesFolder: z.string().max(4096),
  /** How carefully times are taken in sweeps that a template begins. */
  latency: z.enum(latencyModes),
  /** Processor cores that steps may use, from the next start of the engine; null: all. */
  cores: z.number().int().min(1).max(1024).nullable(),
  /** What artifacts and cached images may take; null: as much as there is. */
  diskBudgetBytes: z.number().int().min(0).nullable(),
  /** Whether networks and images may be fetched when a person asks for them; nothing else ever uses the network. */
  downloads: z.boolean(),
});

export const settingsSchema = preferencesSchema.extend({
  /** Remembered choices of the window (metrics, columns, sorting); opaque to the engine. */
  view: z.record(z.string(), z.unknown()),
});
export type Settings = z.infer<typeof settingsSchema>;

/** What is not given stays; of `view`, each entry by itself. */
export const settingsChangeSchema = settingsSchema.partial().strict();
export type SettingsChange = z.infer<typeof settingsChangeSchema>;
