import { z } from 'zod';

/** Of an image, pixels. */
export const sideSchema = z.number().int().min(1).max(4096);
/** One number for all sides, or `[height, width]`. */
const sides = z.union([sideSchema, z.tuple([sideSchema, sideSchema])]);
/** One number for gray, three for colours. */
const perChannel = z.union([z.tuple([z.number(), z.number(), z.number()]), z.tuple([z.number()])]);

/** In which order a network takes the colours of a pixel; gray: one channel, the luma of ITU-R BT.601 as Pillow's mode "L". */
export const channelOrderSchema = z.enum(['RGB', 'BGR', 'gray']);
export type ChannelOrder = z.infer<typeof channelOrderSchema>;

/** How an image becomes the input tensor. Mean and standard deviation are on the 0..255 scale, in the order of `channels`. */
export const preprocessSchema = z.object({
  /** Short side after resizing, pixels (long side = floor(resize * long / short)); or `[height, width]`, to which the image is stretched. */
  resize: sides,
  /** Side of the centre crop, pixels; or its `[height, width]`. */
  crop: sides,
  interpolation: z.enum(['bilinear']).default('bilinear'),
  mean: perChannel,
  std: perChannel.refine((values) => values.every((value) => value > 0), 'std must be positive'),
});
export type Preprocess = z.infer<typeof preprocessSchema>;

/** `[height, width]` of a size that may be one number. */
export function heightAndWidth(size: number | readonly [number, number]): readonly [number, number] {
  return typeof size === 'number' ? [size, size] : size;
}

/** The card beside a model file, NAME.card.json. */
export const modelCardSchema = z.object({
  name: z.string().min(1),
  title: z.string().optional(),
  file: z.string().optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  bytes: z.number().int().optional(),
  licence: z.string().optional(),
  source: z.string().optional(),
  task: z.literal('image-classification').default('image-classification'),
  /** Name of the class list, e.g. "imagenet-1k". */
  labels: z.string().optional(),
  labelNames: z.array(z.string()).optional(),
  input: z.object({
    name: z.string(),
    layout: z.enum(['NCHW', 'NHWC']).default('NCHW'),
    channels: channelOrderSchema.default('RGB'),
    /** uint8: raw pixels from 0 to 255, `preprocess.mean` and `std` are in the network already. float32 where it is not said. */
    type: z.enum(['float32', 'float16', 'uint8']).optional(),
    height: sideSchema,
    width: sideSchema,
  }),
  output: z.object({
    /** The value that holds the class scores: an output of the network, or what its ArgMax reads. */
    name: z.string(),
    classes: z.number().int().min(2),
    /** The file gives one more score, before those of the classes: for "background", which is none of them. */
    background: z.boolean().optional(),
    /** For networks that give one number for two classes: the second class is meant above 0.5 (probability) or above 0 (logit). */
    score: z.enum(['probability', 'logit']).optional(),
  }),
  preprocess: preprocessSchema,
  /** Of a file that Whittle made: the steps that were applied to its model. */
  recipe: z.string().optional(),
  reference: z.object({ dataset: z.string(), top1: z.number(), top5: z.number().optional() }).optional(),
});

/** How many channels the network sees. */
export function channelCount({ channels }: Pick<ModelCard['input'], 'channels'>): 1 | 3 {
  return channels === 'gray' ? 1 : 3;
}

export type ModelCard = z.infer<typeof modelCardSchema>;

/** A model as lists show it. */
export const modelSummarySchema = z.object({
  name: z.string(),
  title: z.string(),
  path: z.string(),
  sizeBytes: z.number(),
  /** Absent when the file has no card yet: Whittle asks, it never guesses. */
  card: modelCardSchema.optional(),
});
export type ModelSummary = z.infer<typeof modelSummarySchema>;
