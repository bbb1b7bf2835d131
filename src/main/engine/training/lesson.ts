import { AppError } from '@shared/errors';
import type { TrainingBatch } from '../compression/calibration/technique-context';
import type { RuntimeTensor } from '../compression/calculator';
import type { GradientWriter } from '../gradients/gradient-writer';
import { agreementOf, crossEntropy, featureDistance, softTargets, weightedSum } from '../gradients/losses';
import { elementCount, type Graph, type GraphValue, type Tensor } from '../onnx/graph';
import { makeValue } from '../onnx/make';
import { matchedFeatures, shaped, shapeIn, sharedMaps } from './compared-values';
import { logitsOf } from './logits';
import type { Objective } from './step-graph';
import type { Teacher } from './teacher';

export interface LessonOptions {
  batch: number;
  /** Share of the loss that true classes have; the rest have the teacher's answers. 1 without a teacher. */
  labelShare: number;
  temperature: number;
  /** Weight of the distance from the teacher's features; 0: none. */
  featureWeight: number;
  /** Weight of the mean distance from the maps that the teacher has behind its blocks; none where absent. */
  blockWeight?: number;
  /** Alpha of mixup, up to 1; none where absent. */
  mixup?: number;
  /** Whether features of another width are compared too, through a map that is learned: it takes a student that learns for long. */
  mapsFeatures?: boolean;
}

/** What a network is taught by: its loss, and where the loss gets the right answers from. */
export interface Lesson {
  /** A constant that is trained along with the network and not kept: it brings features of another width to the teacher's. */
  adaptor?: Tensor;
  /** Whether the loss looks at features. */
  comparesFeatures: boolean;
  /** How many blocks the loss looks behind. */
  comparedBlocks: number;
  /** Values of the teacher that the loss looks at. */
  asked: readonly string[];
  /** Writes the loss behind the network. @param adaptor name of that constant, where there is one */
  objective(write: GradientWriter, adaptor?: string): Objective;
  /** The inputs of the loss for a batch. @param answers of the teacher, by name */
  feeds(batch: TrainingBatch, answers: Record<string, RuntimeTensor>): Record<string, RuntimeTensor>;
}

const [scoresInput, featuresInput] = ['teacher.scores', 'teacher.features'] as const;
const [labelsInput, otherLabelsInput, ownShareInput] = ['image.labels', 'image.otherLabels', 'image.ownShare'] as const;

/**
 * Labels, soft targets (Hinton et al. 2015) and features before the classifier; those of another width are seen through a learned map to
 * the teacher's (Romero et al. 2015, "FitNets"). Features are left out where the two networks have them at other places. Maps behind blocks,
 * of which every image has many positions, say more of few images than its one answer.
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
  const { batch, labelShare, temperature, featureWeight, blockWeight = 0, mixup = 0, mapsFeatures = false } = options;
  const scores = logitsOf(student);
  const [own, float] = [shaped(student), teacher && shaped(teacher)];
  const count = elementCount(shapeIn(own.shapes, scores) ?? []);
  const classes = count / batch;
  const wanted = teacher && logitsOf(teacher);
  if (classes < 2 || (float && elementCount(shapeIn(float.shapes, wanted!) ?? []) !== count)) {
    const detail = 'it does not give a score for each class, as many as the network it learns from';
    throw new AppError('technique.not-applicable', { id, model, detail });
  }
  const features = float && featureWeight > 0 ? matchedFeatures(own, float, mapsFeatures) : undefined;
  const blocks = float && blockWeight > 0 ? sharedMaps(own, float) : [];
  return {
    ...(features?.adaptor && { adaptor: features.adaptor }),
    comparesFeatures: features !== undefined,
    comparedBlocks: blocks.length,
    asked: [
      ...new Set([
        ...(wanted ? [wanted] : []),
        ...(features ? [features.teacher] : []),
        ...blocks.map((map) => map.teacher),
      ]),
    ],
    objective(write, adaptor) {
      const logits = write.reshape(scores, [batch, classes]);
      const inputs: GraphValue[] = [];
      const losses: { loss: string; weight: number }[] = [];
      if (wanted) inputs.push(makeValue(scoresInput, 'float32', [batch, classes]));
      if (wanted && labelShare < 1)
        losses.push({ loss: softTargets(write, logits, scoresInput, batch, temperature), weight: 1 - labelShare });
      if (labelShare > 0) {
        const told = (labels: string): string => {
          inputs.push(makeValue(labels, 'int32', [batch]));
          return crossEntropy(write, logits, labels, [batch, classes]);
        };
        const loss = told(labelsInput);
        losses.push({ loss: mixup > 0 ? mixed(write, loss, told(otherLabelsInput)) : loss, weight: labelShare });
        if (mixup > 0) inputs.push(makeValue(ownShareInput, 'float32', [1]));
      }
      if (features) {
        inputs.push(makeValue(featuresInput, 'float32', features.shape));
        const map = features.shape.length === 2 ? 'MatMul' : 'Conv';
        const seen = features.adaptor && adaptor ? write.emit(map, [features.student, adaptor]) : features.student;
        losses.push({ loss: featureDistance(write, seen, featuresInput), weight: featureWeight });
      }
      for (const { student: map, shape } of blocks) {
        inputs.push(makeValue(mapInput(map), 'float32', shape));
        losses.push({ loss: featureDistance(write, map, mapInput(map)), weight: blockWeight / blocks.length });
      }
      const agreement = wanted && agreementOf(write, logits, scoresInput, batch);
      return { loss: weightedSum(write, losses), inputs, agreement };
    },
    feeds({ labels, mixed }, answers) {
      const feeds: Record<string, RuntimeTensor> = {};
      if (wanted) feeds[scoresInput] = { ...answers[wanted]!, shape: [batch, classes] };
      if (features) feeds[featuresInput] = answers[features.teacher]!;
      for (const map of blocks) feeds[mapInput(map.student)] = answers[map.teacher]!;
      const classesOf = (data: Int32Array = new Int32Array(batch).fill(-1)): RuntimeTensor => ({
        type: 'int32',
        shape: [batch],
        data,
      });
      if (labelShare > 0) feeds[labelsInput] = classesOf(labels);
      if (labelShare > 0 && mixup > 0) {
        feeds[otherLabelsInput] = classesOf(mixed?.labels);
        feeds[ownShareInput] = { type: 'float32', shape: [1], data: Float32Array.of(mixed?.share ?? 1) };
      }
      return feeds;
    },
  };
}

/** The loss of mixed images (Zhang et al. 2018, "mixup"): of each class as much as there is of its image. */
function mixed(write: GradientWriter, own: string, other: string): string {
  const share = write.sum(ownShareInput);
  return write.add(write.multiply(own, share), write.multiply(other, write.subtract(write.scalar(1), share)));
}

const mapInput = (map: string): string => `teacher.map.${map}`;

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
