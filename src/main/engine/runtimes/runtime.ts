import type { z } from 'zod';
import type { NativeLibrary } from './locate-library';

/** What Whittle asks of an inference runtime. One file per runtime implements it; nothing else imports the runtime's package. */
export interface SessionOptions {
  threads: number;
  /** Id of one of the runtime's devices; absent: its first. */
  device?: string;
  /** The runtime's own options, as its schema parses them. */
  options?: Record<string, unknown>;
  /** Names of values to return besides the graph's outputs must already be graph outputs in the file. */
  optimization?: 'none' | 'basic' | 'all';
  /** Writes the runtime's optimized graph there, for tests and the operator profile. */
  optimizedModelPath?: string;
  /** Times every operator of every run; `Session.operatorTimes` hands them out. */
  profile?: boolean;
}

/** One execution of one operator of the runtime's optimized graph. */
export interface OperatorTime {
  /** Of the node as the runtime named it: fused nodes carry names of their own. */
  name: string;
  op: string;
  /** Microseconds are the runtime's resolution. */
  milliseconds: number;
}

export interface RuntimeTensor {
  type: 'float32' | 'uint8' | 'int8' | 'int32' | 'int64' | 'float64' | 'bool' | 'float16' | 'uint16' | 'int16';
  shape: readonly number[];
  data: Float32Array | Float64Array | Uint8Array | Int8Array | Int32Array | BigInt64Array | Uint16Array | Int16Array;
}

/** real = scale (code - zeroPoint). */
export interface Quantization {
  scale: number;
  zeroPoint: number;
}

/** What a file declares of one of its inputs or outputs. */
export interface TensorInfo {
  /** As in `RuntimeTensor`, or another word for what no tensor here can hold. */
  type: string;
  /** A named dimension such as "batch" is a string and takes any size. */
  shape: readonly (number | string)[];
  /** Of codes that stand for real numbers. */
  quantization?: Quantization;
  /** Where the format fixes how images lie; absent: as the card says. */
  layout?: 'NHWC';
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly outputs: Readonly<Record<string, TensorInfo>>;
  /** In which floating-point numbers it computes, where the runtime tells: "f32", "bf16". */
  readonly precision?: string;
  /** How it runs, where that is not what one expects: sentences for the person. Absent: as expected. */
  readonly notes?: readonly string[];
  /**
   * Throws `model.runtime-failed` when the runtime cannot run these feeds.
   * @param into outputs of an earlier run on the same shapes, whose memory the new ones take: their data changes.
   */
  run(
    feeds: Record<string, RuntimeTensor>,
    into?: Record<string, RuntimeTensor>,
  ): Promise<Record<string, RuntimeTensor>>;
  /** Ends profiling: operators of all runs so far in the order they ran. Empty for a session opened without `profile`. */
  operatorTimes(): Promise<OperatorTime[]>;
  /** Frees what it holds. A second call does nothing. */
  close(): Promise<void>;
}

/** A file format that a runtime takes. What a trial leaves is ONNX; a `convert` step makes the others. */
export type DeploymentFormat = 'onnx' | 'tflite' | 'edgetpu';

export interface RuntimeDevice {
  /** As in a target: "cpu". */
  id: string;
  title: string;
  /** How it is connected, where times depend on that: "super speed". Absent: they do not, or it is not told. */
  link?: string;
  /** Why it cannot be used here and what to do; absent: usable. */
  problem?: string;
}

export interface Runtime {
  /** As in a target: "ort-cpu". */
  readonly id: string;
  readonly title: string;
  /** The file that it runs. */
  readonly format: DeploymentFormat;
  /** It runs networks in integers alone: id of the runtime that runs the network they were made from. Absent: it runs that too. */
  readonly floatsIn?: string;
  /** Sessions lay their weights into one memory: the first run after another session's brings them there again. Absent: each keeps its own. */
  readonly sharesWeightMemory?: boolean;
  /** Threads it can use at most; absent: as many as there are. */
  readonly maximumThreads?: number;
  /** What computes is no processor, so machines with the same instruction sets may give other answers; absent: it is one, or a chip of one kind. */
  readonly isDeviceBound?: boolean;
  /** Options a target may set; strict, every one with a default. */
  readonly options: z.ZodType<Record<string, unknown>>;
  /** Names of options that change answers, not only times; absent: none. */
  readonly answerOptions?: readonly string[];
  /** The library of the person's machine that it needs, for those who list what is there; absent: it comes with Whittle. */
  readonly library?: NativeLibrary;
  /** Whether only other machines can have it, whatever is installed here; absent: any can. */
  isElsewhere?(): boolean;
  /** The command that brings what it lacks here, where that is no library of its own; undefined where nothing or something else is missing. */
  remedyCommand?(): string | undefined;
  /** Version of the library that runs the network. Throws `runtime.unavailable` where there is none. */
  version(): string;
  /** Found by probing, the default first. Never throws: what cannot be used says why. */
  devices(): Promise<RuntimeDevice[]>;
  /** Loads drivers to look for devices: only for a process of its own, which may crash. Absent: looking takes none. */
  probe?(): Promise<RuntimeDevice[]>;
  /** Why a device does not take these options, and what to ask for; undefined: it does. */
  optionProblem?(device: string, options: Record<string, unknown>): string | undefined;
  /** @param model path of the file, or its bytes. Throws `model.runtime-rejected`. */
  open(model: string | Uint8Array, options: SessionOptions): Promise<Session>;
}
