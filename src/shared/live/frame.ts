import { z } from 'zod';

const megabyte = 2 ** 20;
/** Bytes as they are, never as JSON. */
export const bytesSchema = z.instanceof(Uint8Array) as unknown as z.ZodType<Uint8Array>;

const side = z.number().int().min(1).max(8192);
const bytesUpTo = (limit: number): z.ZodType<Uint8Array> =>
  bytesSchema.refine((bytes) => bytes.byteLength <= limit, `more than ${limit / megabyte} MB`);

/** What is to be classified: bytes of an image file, pixels of a camera, or an image of the opened source by its place. */
export const liveFrameSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), name: z.string().max(4096), bytes: bytesUpTo(128 * megabyte) }),
  z
    .strictObject({ kind: z.literal('pixels'), width: side, height: side, rgba: bytesUpTo(256 * megabyte) })
    .refine(({ width, height, rgba }) => rgba.byteLength === width * height * 4, 'not four bytes a pixel'),
  z.strictObject({ kind: z.literal('image'), index: z.number().int().min(0) }),
]);
export type LiveFrame = z.infer<typeof liveFrameSchema>;
