import { packedInitializer, type PackedWeights } from '../compression/storage/bit-planes';
import { codebookOf, entriesOf, type Codebook, type CodedWeights } from '../compression/storage/codebook';
import { DecoderWriter } from '../compression/storage/decoder-writer';
import { isPruned } from '../compression/storage/few-bit-grid';
import { codeOf } from '../onnx/element-type';
import { FreshNames } from '../onnx/fresh-names';
import { copyGraph, type Graph, type Tensor } from '../onnx/graph';
import { attr, float32Tensor, int32Tensor } from '../onnx/make';
import { removeDead } from '../onnx/remove-dead';
import { takeNearestCodes, withinCells } from './nearest-codes';
import { relativeRate } from './relative-rate';
import type { ParameterGroup } from './step-graph';
import type { TrainedForm } from './trained-form';
import type { TrainingSession } from './training-session';
import { writeWeight } from './write-weight';

/** Weights in few bits, and whether codes may change. */
export interface TrainedCodes {
  coded: CodedWeights;
  /** What the codes stand for, in their order: weights that learn beside them and from which codes are taken anew. Absent: codes stay. */
  weights?: Float32Array;
}

/** A layer's weights while they are trained. */
interface Part {
  name: string;
  coded: CodedWeights;
  book: Codebook;
  /** Names of constants. */
  numbers: string;
  /** float32; only where codes may change. */
  codes?: string;
  latent?: string;
  /** Where a pruned weight is, whose code stays. */
  isKept(index: number): boolean;
}

export interface CodedForm extends TrainedForm {
  /** Takes codes anew, each that of the entry nearest to its weight. */
  takeCodes(session: TrainingSession): void;
  /** How many codes are others than at first, once it is finished. */
  moved(): number;
}

/**
 * Weights in few bits keep their form: what is learned are the numbers that codes stand for, the gradient of a table's entry being the sum
 * over its members (Han, Mao and Dally 2016, "Deep compression"). Codes stay, or follow weights that learn beside them by the gradients of
 * the coded ones. Pruned weights stay 0.
 * @param trained by the names under which layers read them
 * @param others of all other weights
 */
export function codedForm(trained: ReadonlyMap<string, TrainedCodes>, others: TrainedForm): CodedForm {
  let [parts, moved]: [Part[], number] = [[], 0];
  return {
    of(network) {
      const { graph: formed, parameters: known, ...rest } = others.of(network);
      const [graph, parameters, replaced] = [copyGraph(formed), new Map(known), new Map(rest.replaced)];
      const names = new FreshNames(graph);
      const forming = { graph, names, write: new DecoderWriter(graph, names), parameters, replaced };
      parts = [];
      for (const [name, codes] of trained) {
        const decoded = graph.initializers.get(name);
        if (!decoded) continue;
        parameters.delete(name);
        graph.initializers.delete(name);
        parts.push(addPart(forming, name, codes, decoded));
      }
      forming.write.finish();
      return { ...rest, graph, parameters, replaced };
    },

    takeCodes(session) {
      for (const { book, isKept, ...names } of parts) {
        const [numbers, codes, weights] = [names.numbers, names.codes, names.latent].map(
          (each) => each && session.setting(each),
        ) as (Float32Array | undefined)[];
        if (numbers && codes && weights) takeNearestCodes(book, entriesOf(book, numbers), weights, codes, isKept);
      }
    },

    moved: () => moved,

    finish(network, learned) {
      const graph = removeDead(others.finish(network, learned));
      const names = new FreshNames(graph);
      moved = 0;
      for (const part of parts) {
        const packed = packedAfter(part, learned);
        packed.codes.forEach((code, index) => (moved += Number(code !== part.coded.codes[index])));
        packedInitializer(graph, part.name, packed, names);
      }
      return graph;
    },
  };
}

interface Forming {
  graph: Graph;
  names: FreshNames;
  write: DecoderWriter;
  parameters: Map<string, ParameterGroup>;
  replaced: Map<string, string>;
}

/** Weights that learn behind codes move one by one: so many times as far as numbers that move many together. */
const alone = 5;

/** Puts nodes that make a weight of what is learned where the graph had it. */
function addPart(
  { graph, names, write, parameters, replaced }: Forming,
  name: string,
  { coded, weights }: TrainedCodes,
  decoded: Tensor,
): Part {
  const book = codebookOf(coded);
  const { rows, rowLength, perRow } = book;
  const shape = [rows, rowLength];
  const weightsNow = decoded.data as Float32Array;
  const rate = relativeRate(weightsNow);
  const entries = entriesOf(book, book.numbers);
  const keepsZeros =
    coded.zeroCode !== undefined && isPruned({ rows: 1, columns: weightsNow.length, data: weightsNow });
  const isKept = (index: number): boolean => keepsZeros && coded.codes[index] === coded.zeroCode;
  const constant = (what: string, sizes: number[], data: Float32Array): string => {
    const constantName = names.like(`${name}.${what}`);
    graph.initializers.set(constantName, float32Tensor(sizes, data));
    return constantName;
  };
  const numbers = constant('numbers', [rows, perRow], book.numbers);
  const part: Part = { name, coded, book, numbers, isKept };

  const mask = float32Tensor(
    [rows, perRow],
    book.numbers.map((number) => (number === 0 ? 0 : 1)),
  );
  parameters.set(numbers, { weightDecay: 0, rate, ...(book.numbers.includes(0) && { mask }) });
  const table = book.basis
    ? write.emit('MatMul', [numbers, write.store(float32Tensor([perRow, book.entries], book.basis))])
    : numbers;

  const padded = new Float32Array(rows * rowLength);
  padded.set(coded.codes);
  let positions: string;
  if (weights) {
    part.codes = constant('codes', shape, padded);
    replaced.set(part.codes, write.emit('Identity', [part.codes]));
    positions = write.emit('Cast', [part.codes], { to: attr.int(codeOf('int32')) });
  } else positions = write.store(int32Tensor(shape, Int32Array.from(padded)));
  const values = write.emit('GatherElements', [table, positions], { axis: attr.int(1) });
  if (weights) {
    const latent = new Float32Array(padded.length);
    latent.set(withinCells(book, entries, weights, coded.codes));
    part.latent = constant('weights', shape, latent);
    parameters.set(part.latent, { weightDecay: 0, rate: rate * alone, gradientOf: values });
  }
  writeWeight(write, values, coded, padded.length > coded.codes.length, name);
  return part;
}

function packedAfter({ coded, book, numbers, codes }: Part, learned: ReadonlyMap<string, Tensor>): PackedWeights {
  const after = learned.get(numbers)?.data as Float32Array | undefined;
  const taken = codes === undefined ? undefined : (learned.get(codes)?.data as Float32Array | undefined);
  return {
    ...coded,
    ...(taken && { codes: Uint8Array.from(taken.subarray(0, coded.codes.length)) }),
    decode: book.decodeOf(after ?? book.numbers),
  };
}
