import { z } from 'zod';
import { agentSchema, trialLength } from '@shared/agents';
import { modelCardSchema } from '@shared/model-card';
import { latencyModes, optionsSchema, targetSchema } from '@shared/sweep-file';

/** Names on the server and what travels under them. Whatever another machine says is checked by these schemas, after its signature. */

/** Machines that would not understand each other do nothing for each other. */
export const protocolVersion = 3;

export const stepStream = 'WHITTLE_STEPS';
export const outcomeStream = 'WHITTLE_OUTCOMES';
export const agentBucket = 'whittle-agents';
export const classBucket = 'whittle-classes';
export const fileBucket = 'whittle-files';

export const stepSubject = (classId: string, key: string): string => `whittle.step.${classId}.${key}`;
export const outcomeSubject = (key: string): string => `whittle.outcome.${key}`;
export const progressSubject = (key: string): string => `whittle.progress.${key}`;
/** Coordinators ask there who is there; agents listen. */
export const callSubject = 'whittle.call';
/** Whoever has the step under way listens, and coordinators. @param key `*`: of every step */
export const stepControlSubject = (key: string): string => `whittle.control.step.${key}`;
/** That agent listens. */
export const agentControlSubject = (agent: string): string => `whittle.control.agent.${agent}`;

/** A step that nobody has said a word of for so long is given to another agent. */
export const ackWaitMs = 15_000;
/** How often an agent says that it still works on a step, and that it is there. */
export const aliveEveryMs = 3000;
/** How often a coordinator asks who is there. */
export const callEveryMs = 5000;
/** An agent that was not heard of for so long is silent. */
export const silentAfterMs = 10_000;
/** Deliveries of a step, after which it is at fault and not the agents. */
export const mostDeliveries = 12;
/** What agents were told longer ago is not obeyed: clocks differ, and old ones may be sent again by others. */
export const controlValidMs = 5 * 60_000;
/** What larger results are stored as files for; a server takes messages up to 1 MB. */
export const inlineBytes = 256 * 1024;

/** Of what people read, characters. */
export const titleLength = 2000;

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
const stepKeySchema = z.string().regex(/^[0-9a-f]{40}$/);
const nonceSchema = z.string().regex(/^[0-9a-f]{32}$/);
const nameSchema = z.string().regex(/^[\w.:-]{1,80}$/);
const bytesSchema = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const jsonObject = z.record(z.string().max(200), z.unknown());

/** Of a data file beside an .onnx: below its folder, and nowhere else. */
const locationSchema = z
  .string()
  .max(300)
  .refine(
    (location) => location === '' || location.split('/').every((part) => /^[\w][\w.-]*$/.test(part)),
    'leads outside the folder of its model',
  );

const fileContentSchema = z.strictObject({
  content: z.literal('file'),
  sha256: sha256Schema,
  format: z.string().regex(/^[a-z0-9]{1,20}$/),
});
const imagesContent = <S extends string>(split: S) =>
  z.strictObject({ content: z.literal('images'), split: z.literal(split), key: stepKeySchema });

const threadsSchema = z.number().int().min(1).max(256);
const orderBase = { key: stepKeySchema.optional() };

/** Orders of the steps of a sweep; other jobs stay on the machine where somebody waits for them. */
const orderSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...orderBase,
    kind: z.literal('compress'),
    model: fileContentSchema,
    reference: fileContentSchema,
    card: modelCardSchema,
    technique: nameSchema,
    params: jsonObject,
    calibration: imagesContent('calibration').optional(),
    train: z.union([imagesContent('train'), imagesContent('calibration')]).optional(),
    seed: z.number().int().min(0),
    threads: threadsSchema,
  }),
  z.strictObject({
    ...orderBase,
    kind: z.literal('convert'),
    model: fileContentSchema,
    card: modelCardSchema,
    format: nameSchema,
    options: jsonObject,
    isStrict: z.boolean().optional(),
  }),
  z.strictObject({ ...orderBase, kind: z.literal('describe'), model: fileContentSchema, format: nameSchema }),
  z.strictObject({
    ...orderBase,
    kind: z.literal('evaluate'),
    model: fileContentSchema,
    card: modelCardSchema,
    runtime: nameSchema,
    device: z.string().max(200).optional(),
    options: optionsSchema.optional(),
    images: imagesContent('eval'),
    threads: threadsSchema,
  }),
  z.strictObject({
    ...orderBase,
    kind: z.literal('measure'),
    candidate: fileContentSchema,
    baseline: fileContentSchema,
    card: modelCardSchema,
    target: targetSchema.loose(),
    baselineCard: modelCardSchema.optional(),
    baselineTarget: targetSchema.loose().optional(),
    insteadOf: targetSchema.loose().optional(),
    mode: z.enum(latencyModes),
    seed: z.number().int().min(0),
    images: imagesContent('eval').optional(),
  }),
]);

const requirementSchema = z.strictObject({
  on: z.string().max(40).optional(),
  machine: z.string().max(64).optional(),
  isa: z.array(z.string().max(40)).max(100).optional(),
  versions: z.record(z.string().max(40), z.string().max(100)),
});

/** One object of the store: everything that is fetched is announced with its size. */
const partSchema = z.strictObject({ location: locationSchema, sha256: sha256Schema, sizeBytes: bytesSchema });
const announcedFileSchema = z.strictObject({
  sha256: sha256Schema,
  format: z.string().regex(/^[a-z0-9]{1,20}$/),
  /** The file itself first, then data files beside it. */
  parts: z.array(partSchema).min(1).max(1000),
});
const announcedImagesSchema = z.strictObject({
  key: stepKeySchema,
  /** The list of hashes and labels, an object of its own. */
  list: z.strictObject({ sha256: sha256Schema, sizeBytes: bytesSchema }),
  /** The bytes of the images, one after another, in the order of their hashes. */
  pack: z.strictObject({ name: sha256Schema, sizeBytes: bytesSchema }),
});
export type AnnouncedFile = z.infer<typeof announcedFileSchema>;
export type AnnouncedImages = z.infer<typeof announcedImagesSchema>;

export const imageListSchema = z.strictObject({
  split: z.enum(['eval', 'calibration', 'train']),
  alreadyResized: z.boolean(),
  /** Hash, label, bytes: an image is held in memory while it comes. */
  entries: z
    .array(z.tuple([sha256Schema, z.number().int().min(-1).max(1_000_000), bytesSchema.max(1 << 30)]))
    .max(5_000_000),
});
export type ImageList = z.infer<typeof imageListSchema>;

export const jobSchema = z.strictObject({
  /** Of this publication; failures answer it alone. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  key: stepKeySchema,
  /** @see stepIdentity */
  steps: z.string().max(64),
  requirement: requirementSchema,
  title: z.string().max(titleLength),
  trial: z.string().max(trialLength).optional(),
  order: orderSchema,
  files: z.array(announcedFileSchema).max(8),
  images: z.array(announcedImagesSchema).max(4),
  limits: z
    .strictObject({
      stepMemoryMB: z.number().int().positive().optional(),
      stepMinutes: z.number().positive().optional(),
    })
    .optional(),
  coolDownMs: z.number().min(0).max(3_600_000).optional(),
});
export type AgentJob = z.infer<typeof jobSchema>;

const madeBySchema = z.strictObject({
  agent: z.string().max(64),
  name: z.string().max(200),
  machine: z.string().max(64),
});

const left = {
  key: stepKeySchema,
  /** JSON; or the object that holds it. */
  result: z.union([
    z.strictObject({ inline: z.unknown() }),
    z.strictObject({ sha256: sha256Schema, sizeBytes: bytesSchema }),
  ]),
  artifact: z.strictObject({ sha256: sha256Schema, sizeBytes: bytesSchema }).optional(),
  notes: z.array(z.string().max(10_000)).max(1000),
  elapsedMs: z.number().min(0),
  by: madeBySchema,
};

export const outcomeSchema = z.discriminatedUnion('is', [
  z.strictObject({ is: z.literal('done'), ...left }),
  /** A training that was stopped by hand: nobody else's result. @see job of a failure */
  z.strictObject({ is: z.literal('stopped'), job: z.string(), ...left }),
  z.strictObject({
    is: z.literal('failed'),
    key: stepKeySchema,
    /** The publication that it answers. */
    job: z.string(),
    error: z.object({ code: z.string(), facts: z.record(z.string(), z.union([z.string(), z.number()]).optional()) }),
    /** Something that the job names is not in the store. */
    isMissing: z.boolean().optional(),
    by: madeBySchema,
  }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;
/** With a result. */
export type DoneOutcome = Extract<Outcome, { is: 'done' | 'stopped' }>;

export const progressSchema = z.strictObject({
  key: stepKeySchema,
  agent: z.string().max(64),
  stage: z.string().max(500),
  done: z.number(),
  total: z.number(),
});

/** By coordinator: the number of its last call. */
const answersSchema = z.record(nonceSchema, z.number().int());
export type Answers = z.infer<typeof answersSchema>;

export const presenceSchema = z.strictObject({
  /** Protocol 2 has no answers, and reads what is beside them. */
  agent: agentSchema.extend({ answers: answersSchema.optional() }),
  steps: z.string().max(64),
});
export type Presence = z.infer<typeof presenceSchema>;

export const callSchema = z.strictObject({ coordinator: nonceSchema, number: z.number().int().min(1) });
export type Call = z.infer<typeof callSchema>;

export const classSchema = z.strictObject({
  requirement: requirementSchema,
  steps: z.string().max(64),
  version: z.string().max(40),
});

/** Of a publication, which no other is like: sent again by others, it says nothing new. */
export const stepControlSchema = z.strictObject({
  /** `stop`: its training ends with the best so far. */
  do: z.enum(['cancel', 'stop']),
  key: stepKeySchema,
  job: z.string(),
});
export type StepControl = z.infer<typeof stepControlSchema>;

const once = { at: z.number(), nonce: nonceSchema };
export const agentControlSchema = z.discriminatedUnion('do', [
  z.strictObject({ ...once, do: z.literal('drain'), isDraining: z.boolean() }),
  z.strictObject({ ...once, do: z.literal('leave') }),
]);
export type AgentControl = { do: 'drain'; isDraining: boolean } | { do: 'leave' };
