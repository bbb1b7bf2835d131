import { z } from 'zod';

/** A network of the ONNX model zoo as a person chooses it. */
export const zooModelSchema = z.object({
  name: z.string(),
  title: z.string(),
  bytes: z.number().int(),
  licence: z.string(),
  /** Where it comes from first. */
  url: z.string(),
  /** On all 50,000 validation images, percent, as the zoo states it. */
  statedTop1: z.number().optional(),
  /** A file of its name is in the model folder. */
  isHere: z.boolean(),
});
export type ZooListing = z.infer<typeof zooModelSchema>;
