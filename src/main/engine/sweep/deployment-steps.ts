import type { ModelCard } from '@shared/model-card';
import { targetName, type SweepFile, type Target } from '@shared/sweep-file';
import { stepKey } from '../jobs/step-key';
import { stepVersions } from '../jobs/step-versions';
import type { RecipeTraits } from '../techniques/recipe-traits';
import type { Placement } from './place-targets';
import type { Answering, FileReference, PlannedStep } from './plan';
import { anywhere, onlyHere, toEvaluate, toMeasure } from './requirement';
import { placeOf, runtimeOf, type RuntimeFacts, type Surroundings } from './surroundings';

/** A network file of the plan: the model or the artifact of a step, with the key that stands for its content. */
export interface PlannedFile {
  model: string;
  key: string;
  file: FileReference;
  needs: string[];
  /** Of the model: files of other formats say some of it. */
  card: ModelCard;
  /** It computes in integers, as far as its recipe tells. */
  isInteger: boolean;
  /** Whether what runs depends on the image, as far as its recipe tells; with branches its time does so too. */
  path: RecipeTraits['path'];
}

/** Of the sweep, what all of its deployments have in common. */
export interface DeploymentSettings {
  targets: readonly Target[];
  latency: SweepFile['latency'];
  seed: number;
  /** Key and number of the evaluation images. */
  images: { key: string; count: number };
  around: Surroundings;
}

/** The steps after compression of one trial, each once: files and answers that targets share are planned by whoever needs them first. */
export class DeploymentSteps {
  private readonly steps = new Map<string, PlannedStep>();

  constructor(
    private readonly model: string,
    private readonly settings: DeploymentSettings,
  ) {}

  get all(): PlannedStep[] {
    return [...this.steps.values()];
  }

  runtimeOf(target: Pick<Target, 'runtime' | 'on'>): RuntimeFacts {
    return runtimeOf(target, this.settings.around);
  }

  /** The file as the runtime of a target takes it. */
  fileFor(file: PlannedFile, target: Target): PlannedFile {
    return this.convert(file, this.runtimeOf(target).format);
  }

  convert(from: PlannedFile, format: string): PlannedFile {
    if (format === 'onnx') return from;
    const { version, options, compiler } = this.settings.around.converters[format]!;
    const facts = [version, options, namesOf(from.card), ...(compiler === undefined ? [] : [compiler])];
    const key = stepKey('convert', stepVersions.convert, from.key, format, ...facts);
    const order = { kind: 'convert', model: from.model, input: from.file, format, options } as const;
    const requires = compiler === undefined ? anywhere : onlyHere(this.settings.around);
    this.push({ key, kind: 'convert', title: format, needs: from.needs, order, requires });
    return { ...from, key, file: { step: key, format }, needs: [key] };
  }

  describe({ key, file: input, needs }: PlannedFile, format: string): string {
    return this.push({
      key: stepKey('describe', stepVersions.describe, key),
      kind: 'describe',
      title: format === 'onnx' ? 'file' : `${format} file`,
      needs,
      order: { kind: 'describe', model: this.model, input, format },
      requires: anywhere,
    });
  }

  evaluate(file: PlannedFile, target: Target, title: string): string {
    const { file: input, needs } = file;
    const order = { kind: 'evaluate', model: this.model, input, ...this.answering(target) } as const;
    const requires = toEvaluate(target, placeOf(target, this.settings.around));
    return this.push({ key: this.evaluationOf(file, target), kind: 'evaluate', title, needs, order, requires });
  }

  /** The key alone, of a step that may be another trial's. */
  evaluationOf({ key }: PlannedFile, target: Target): string {
    const { images, around } = this.settings;
    const { version } = this.runtimeOf(target);
    const { isa } = placeOf(target, around).machine;
    return stepKey('evaluate', stepVersions.evaluate, key, images.key, this.answering(target), version, isa);
  }

  measure(candidate: PlannedFile, baseline: PlannedFile, { target, own, beside }: Placement): string {
    const { latency, seed, images, around } = this.settings;
    const isBranching = candidate.path === 'branches';
    const [file, other] = [this.fileFor(candidate, own), this.fileFor(baseline, beside)];
    const { version, links } = this.runtimeOf(own);
    const elsewhere = own === target && beside === target ? [] : [own, beside, this.runtimeOf(beside).version];
    const link = links?.[own.device ?? ''];
    const place = placeOf(target, around);
    const facts = [target, latency, version, place.machine.id, seed, ...elsewhere, ...(link ? [link] : [])];
    if (isBranching) facts.push(images.key);
    return this.push({
      key: stepKey('measure', stepVersions.measure, file.key, other.key, ...facts),
      kind: 'measure',
      title: targetName(target),
      needs: [...new Set([...file.needs, ...other.needs])],
      order: {
        kind: 'measure',
        model: this.model,
        input: file.file,
        baseline: other.file,
        target: own,
        ...(isBranching && { overImages: true }),
        ...(beside !== own && { baselineTarget: beside }),
        ...(own !== target && { insteadOf: target }),
      },
      requires: toMeasure(own, beside, place),
    });
  }

  private push(step: PlannedStep): string {
    if (!this.steps.has(step.key)) this.steps.set(step.key, step);
    return step.key;
  }

  /** What of a target decides the answers. */
  private answering(target: Target): Answering {
    const { runtime, device, options = {} } = target;
    const { answerOptions = [] } = this.runtimeOf(target);
    const deciding = Object.entries(options).filter(([name]) => answerOptions.includes(name));
    return { runtime, device, ...(deciding.length > 0 ? { options: Object.fromEntries(deciding) } : {}) };
  }
}

/** What of a card goes into files of other formats, beside what its model's key has. */
function namesOf({ name, title, licence, labels, labelNames }: ModelCard): object {
  return { title: title ?? name, licence, labels, labelNames };
}
