import { AppError } from '@shared/errors';
import type { TrainingBatch } from '../compression/calibration/technique-context';
import type { RuntimeTensor } from '../compression/calculator';
import type { GradientWriter } from '../gradients/gradient-writer';
import { agreementOf, crossEntropy, featureDistance, softTargets, weightedSum } from '../gradients/losses';
import { elementCount, type Graph, type GraphValue, type Tensor } from '../onnx/graph';
import { float32Tensor, makeValue } from '../onnx/make';
import { inferShapes } from '../onnx/shapes';
import { featuresOf, logitsOf } from './logits';
import type { Objective } from './step-graph';
import type { Teacher } from './teacher';

export interface LessonOptions {
  batch: number;
  /** Share of the loss that true classes have; the rest have the teacher's answers. 1 without a teacher. */
  labelShare: number;
  temperature: number;
  /** Weight of the distance from the teacher's features; 0: none. */
  featureWeight: number;
  /** Whether features of another width are compared too, through a map that is learned: it takes a student that learns for long. */
  mapsFeatures?: boolean;
}

/** What a network is taught by: its loss, and where the loss gets the right answers from. */
export interface Lesson {
  /** A constant that is trained along with the network and not kept: it brings features of another width to the teacher's. */
  adaptor?: Tensor;
  /** Whether the loss looks at features. */
  comparesFeatures: boolean;
  /** Values of the teacher that the loss looks at. */
  asked: readonly string[];
  /** Writes the loss behind the network. @param adaptor name of that constant, where there is one */
  objective(write: GradientWriter, adaptor?: string): Objective;
  /** The inputs of the loss for a batch. @param answers of the teacher, by name */
  feeds(batch: TrainingBatch, answers: Record<string, RuntimeTensor>): Record<string, RuntimeTensor>;
}

const [scoresInput, featuresInput, labelsInput] = ['teacher.scores', 'teacher.features', 'image.labels'] as const;

/**
 * Labels, soft targets (Hinton et al. 2015) and features before the classifier; those of another width are seen through a learned map to
 * the teacher's (Romero et al. 2015, "FitNets"). Features are left out where the two networks have them at other places.
 * @param student with a number for every dimension, as `teacher`
 * Throws `technique.not-applicable` where the student gives no score for each class, or not as many scores as the teacher.
 */
export function lessonOf(
  id: string,
  model: string,
  student: Graph,
  teacher: Graph | undefined,
  options: LessonOptions,
): Lesson {
  const { batch, labelShare, temperature, featureWeight, mapsFeatures = false } = options;
  const scores = logitsOf(student);
  const count = elementCount(shapeIn(student, scores) ?? []);
  const classes = count / batch;
  const wanted = teacher && logitsOf(teacher);
  if (classes < 2 || (teacher && elementCount(shapeIn(teacher, wanted!) ?? []) !== count)) {
    const detail = 'it does not give a score for each class, as many as the network it learns from';
    throw new AppError('technique.not-applicable', { id, model, detail });
  }
  const features = teacher && featureWeight > 0 ? matchedFeatures(student, teacher, mapsFeatures) : undefined;
  return {
    ...(features?.adaptor && { adaptor: features.adaptor }),
    comparesFeatures: features !== undefined,
    asked: [...new Set([...(wanted ? [wanted] : []), ...(features ? [features.teacher] : [])])],
    objective(write, adaptor) {
      const logits = write.reshape(scores, [batch, classes]);
      const inputs: GraphValue[] = [];
      const losses: { loss: string; weight: number }[] = [];
      if (wanted) inputs.push(makeValue(scoresInput, 'float32', [batch, classes]));
      if (wanted && labelShare < 1)
        losses.push({ loss: softTargets(write, logits, scoresInput, batch, temperature), weight: 1 - labelShare });
      if (labelShare > 0) {
        inputs.push(makeValue(labelsInput, 'int32', [batch]));
        losses.push({ loss: crossEntropy(write, logits, labelsInput, [batch, classes]), weight: labelShare });
      }
      if (features) {
        inputs.push(makeValue(featuresInput, 'float32', features.shape));
        const map = features.shape.length === 2 ? 'MatMul' : 'Conv';
        const seen = features.adaptor && adaptor ? write.emit(map, [features.student, adaptor]) : features.student;
        losses.push({ loss: featureDistance(write, seen, featuresInput), weight: featureWeight });
      }
      const agreement = wanted && agreementOf(write, logits, scoresInput, batch);
      return { loss: weightedSum(write, losses), inputs, agreement };
    },
    feeds({ labels }, answers) {
      const feeds: Record<string, RuntimeTensor> = {};
      if (wanted) feeds[scoresInput] = { ...answers[wanted]!, shape: [batch, classes] };
      if (features) feeds[featuresInput] = answers[features.teacher]!;
      if (labelShare > 0)
        feeds[labelsInput] = { type: 'int32', shape: [batch], data: labels ?? new Int32Array(batch).fill(-1) };
      return feeds;
    },
  };
}

/** What goes into a step with a batch: images, and what the loss asks for. */
export function feeder(
  input: string,
  lesson: Lesson,
  teacher: Teacher | undefined,
): (batch: TrainingBatch) => Promise<Record<string, RuntimeTensor>> {
  return async (batch) => {
    const answers = (await teacher?.answer(batch)) ?? {};
    const { pixels: data, shape } = batch;
    return { [input]: { type: 'float32', shape, data }, ...lesson.feeds(batch, answers) };
  };
}

interface MatchedFeatures {
  student: string;
  teacher: string;
  /** Of the teacher's. */
  shape: number[];
  /** Where the student's have another width. */
  adaptor?: Tensor;
}

function matchedFeatures(student: Graph, teacher: Graph, areMapped: boolean): MatchedFeatures | undefined {
  const [ours, theirs] = [featuresOf(student), featuresOf(teacher)];
  const [from, to] = [ours && shapeIn(student, ours), theirs && shapeIn(teacher, theirs)];
  if (!ours || !theirs || !from || !to || from.length !== to.length || (to.length !== 2 && to.length !== 4))
    return undefined;
  if (from.some((size, axis) => (axis !== 1 || !areMapped) && size !== to[axis])) return undefined;
  const [narrow, wide] = [from[1]!, to[1]!];
  return {
    ...{ student: ours, teacher: theirs, shape: to },
    ...(narrow !== wide && { adaptor: spreading(narrow, wide, to.length) }),
  };
}

/** Each wide channel begins as one of the narrow ones, in turn. `[narrow, wide]` for a product, `[wide, narrow, 1, 1]` for a convolution. */
function spreading(narrow: number, wide: number, rank: number): Tensor {
  const data = new Float32Array(narrow * wide);
  for (let channel = 0; channel < wide; channel++)
    data[rank === 2 ? (channel % narrow) * wide + channel : channel * narrow + (channel % narrow)] = 1;
  return float32Tensor(rank === 2 ? [narrow, wide] : [wide, narrow, 1, 1], data);
}

function shapeIn(graph: Graph, value: string): number[] | undefined {
  const shape = inferShapes(graph).get(value)?.shape;
  return shape?.every((size) => typeof size === 'number') ? shape : undefined;
}
