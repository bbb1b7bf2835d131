import { z } from 'zod';
import { csvText, type CsvCell } from '../csv';
import { liveAnswerSchema, liveStages } from './answer';

/** Rows that a record holds; three hours of one side at 30 frames a second. */
export const recordLimit = 330_000;

const recordedSideSchema = z.strictObject({ name: z.string().max(800), target: z.string().max(400) });

/** One side's answer to one frame. */
const recordRowSchema = z.strictObject({
  frame: z.number().int(),
  /** Since the record began. */
  atMs: z.number(),
  side: z.number().int().min(0).max(1),
  /** File of the image; absent for a camera. */
  image: z.string().max(4096).optional(),
  label: z.string().max(400).optional(),
  /** Of the best class. */
  className: z.string().max(400).optional(),
  answer: liveAnswerSchema,
  dropped: z.number().int(),
});
export type RecordRow = z.infer<typeof recordRowSchema>;

export const liveRecordSchema = z.strictObject({
  sides: z.array(recordedSideSchema).min(1).max(2),
  rows: z.array(recordRowSchema).max(recordLimit),
});
export type LiveRecord = z.infer<typeof liveRecordSchema>;

const head = [
  'frame',
  'at ms',
  'model',
  'target',
  'image',
  'label',
  'class',
  'class name',
  'score',
  ...liveStages.map((stage) => `${stage} ms`),
  'first inference',
  'dropped so far',
];

/** The first line of a record as CSV. */
export const recordHead = csvText([head]);

/** One answer as a line of CSV. */
export function recordLine(
  { frame, atMs, side, image, label, className, answer, dropped }: RecordRow,
  sides: LiveRecord['sides'],
): string {
  const [best] = answer.top;
  const { name, target } = sides[side] ?? { name: '', target: '' };
  const cells: CsvCell[] = [
    frame,
    Number(atMs.toFixed(1)),
    name,
    target,
    image,
    label,
    best?.class,
    className,
    best?.score,
    ...liveStages.map((stage) => Number(answer.times[stage].toFixed(3))),
    answer.isFirst,
    dropped,
  ];
  return csvText([cells]);
}

/** A session as CSV, one line an answer. */
export function recordCsv({ sides, rows }: LiveRecord): string {
  return recordHead + rows.map((row) => recordLine(row, sides)).join('');
}
