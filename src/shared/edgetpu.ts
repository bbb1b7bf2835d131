import { z } from 'zod';

/** A row of the compiler's table: operators of one kind with one fate. */
const compilerOperatorSchema = z.object({ op: z.string(), count: z.number().int(), status: z.string() });
export type CompilerOperator = z.infer<typeof compilerOperatorSchema>;

/** What edgetpu_compiler tells of one file, read from its log or from the file it wrote. Bytes from the log have two decimals of their unit. */
export const compilerReportSchema = z.object({
  /** "16.0.384591198" */
  compiler: z.string().optional(),
  milliseconds: z.number().optional(),
  inputBytes: z.number().optional(),
  outputBytes: z.number().optional(),
  /** Weights kept on the chip between inferences. */
  onChipUsedBytes: z.number().optional(),
  onChipRemainingBytes: z.number().optional(),
  /** Weights sent anew for every inference. */
  streamedBytes: z.number().optional(),
  subgraphs: z.number().int().optional(),
  operations: z.number().int().optional(),
  onTpu: z.number().int().optional(),
  onCpu: z.number().int().optional(),
  operators: z.array(compilerOperatorSchema),
  /** Why it wrote no file. */
  failure: z.string().optional(),
});
export type CompilerReport = z.infer<typeof compilerReportSchema>;

/** One operator of a network before it is compiled. */
export interface EstimatedOperator {
  op: string;
  /** Name of its first output. */
  name: string;
  mapped: boolean;
  /** Why it stays on the CPU. */
  reason?: string;
  /** Of its weights on the chip, with the compiler's padding. */
  parameterBytes: number;
}

/** What the Edge TPU will do with a network, estimated from documented constraints and published logs; only the compiler knows. */
export interface EdgeTpuEstimate {
  operators: EstimatedOperator[];
  onTpu: number;
  onCpu: number;
  /** Of operators on the Edge TPU. */
  parameterBytes: number;
  /** What the activations leave of the chip's memory. */
  cacheBytes: number;
  /** Of the parameters, what does not fit and is sent anew for every inference. */
  streamedBytes: number;
}

/** The estimate of a network as it is, or, of one that computes in floats, as it would be with integers throughout. */
export interface NetworkEstimate {
  chip: EdgeTpuEstimate;
  isQuantized: boolean;
}
