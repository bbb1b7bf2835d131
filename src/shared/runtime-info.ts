import { z } from 'zod';

/** JSON Schema (draft 2020-12) of options, made from the zod schema that checks them. */
const jsonSchema = z.record(z.string(), z.unknown());

/** A runtime that a target may name. */
export const runtimeInfoSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** The file format it takes. */
  format: z.string(),
  maximumThreads: z.number().int().optional(),
  /** Of the options that a target may set. */
  optionsSchema: jsonSchema,
  /** Absent where it cannot be used; then `problem` says why and what to do. */
  version: z.string().optional(),
  problem: z.string().optional(),
  /** Where it cannot be used: only other machines can have it, its library is not here, or there is nothing for it to run on. */
  lacks: z.enum(['machine', 'library', 'device']).optional(),
  /** Its devices are still being looked for: ask again. */
  isPending: z.boolean().optional(),
  /** Where the library of the person's machine was found that it needs. */
  path: z.string().optional(),
  /** What fetches what is missing. */
  command: z.string().optional(),
  /** What Whittle itself can fetch of it for this platform, where its library is missing: size in bytes, and the client of the registry that fetches it. */
  pack: z.object({ version: z.string(), licence: z.string(), bytes: z.number(), client: z.string() }).optional(),
  /** The default first. */
  devices: z.array(z.object({ id: z.string(), title: z.string(), problem: z.string().optional() })),
});
export type RuntimeInfo = z.infer<typeof runtimeInfoSchema>;

/** A file format that deployments are written in, beside ONNX. */
export const formatInfoSchema = z.object({
  id: z.string(),
  /** Of what a sweep may say of it. */
  optionsSchema: jsonSchema,
  /** Whether something can be said of its device before anything is converted. */
  hasEstimate: z.boolean(),
});
export type FormatInfo = z.infer<typeof formatInfoSchema>;
