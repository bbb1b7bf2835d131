import type { ErrorReport } from '@shared/errors';
import type { Split } from '@shared/dataset';
import type { StepView } from '@shared/run';
import type { Target } from '@shared/sweep-file';

/** A file a step reads: a model as it came, or the artifact of another step, ONNX where no format is given. */
export type FileReference = { model: string } | { step: string; format?: string };

/** In which runtime answers are computed, with what changes them there. */
export type Answering = Pick<Target, 'runtime' | 'device' | 'options'>;

/** What a planned step does; with the files it refers to it becomes a job. */
export type StepOrder =
  | {
      kind: 'compress';
      model: string;
      input: FileReference;
      /** The float network that lossy steps are compared with. */
      reference: FileReference;
      technique: string;
      params: Record<string, unknown>;
      /** Splits whose images it looks at. */
      images: Exclude<Split, 'eval'>[];
    }
  | { kind: 'convert'; model: string; input: FileReference; format: string; options: Record<string, unknown> }
  | { kind: 'describe'; model: string; input: FileReference; format: string }
  | ({ kind: 'evaluate'; model: string; input: FileReference } & Answering)
  | {
      kind: 'measure';
      model: string;
      input: FileReference;
      baseline: FileReference;
      /** Where the file runs. */
      target: Target;
      /** Where the baseline runs; absent: there too. */
      baselineTarget?: Target;
      /** The target that this stands for, where that does not take the file. */
      insteadOf?: Target;
      /** Its time depends on the image: it is measured over evaluation images. */
      overImages?: boolean;
    };

/** What a machine must be, so that a step done there has the result that its key stands for. */
export interface Requirement {
  /** Label of the machine that the target names; absent: the one that runs the sweep, or any that fits. */
  on?: string;
  /** Id of the machine, where the result depends on it; without `on` only the one that runs the sweep will do. */
  machine?: string;
  /** Instruction sets, where answers depend on them. */
  isa?: readonly string[];
  /** Versions of runtimes by id; `onnxruntime`: of the one that compression calculates with. */
  versions: Readonly<Record<string, string>>;
}

export interface PlannedStep {
  key: string;
  kind: StepOrder['kind'];
  title: StepView['title'];
  order: StepOrder;
  /** Keys of the steps whose artifacts it reads. */
  needs: string[];
  /** Absent in plans of earlier versions. */
  requires?: Requirement;
}

/** A trial's artifact in the format of a runtime, and the keys of what is found out about it there. */
export interface Deployment {
  runtime: string;
  /** Label of the machine that the target names; absent: the one that runs the sweep. */
  on?: string;
  /** The runtime with its device and options, as `deploymentName` says them; absent in plans of earlier versions: the runtime's alone. */
  name?: string;
  /** The runtime that this one stands for, since that does not take the file; `name` is that one's. */
  insteadOf?: string;
  format: string;
  file: FileReference;
  describe: string;
  evaluate: string;
  /** The baseline's evaluation, in the same runtime where that takes it, for paired differences. */
  baselineEvaluation: string;
}

/** A trial's artifact in a format that no runtime of the targets takes: it is written and described, no more. */
export interface DeployedFile {
  format: string;
  file: FileReference;
  describe: string;
}

/** A deployment that a trial does not have, and why. */
export interface Lacking {
  /** As `deploymentName` says it, or a format that is deployed. */
  deployment: string;
  reason: ErrorReport;
}

export interface TrialPlan {
  /** "model/recipe". */
  id: string;
  model: string;
  recipe: string;
  recipeText: string;
  isBaseline: boolean;
  steps: PlannedStep[];
  /** Where the ONNX file comes from. */
  artifact: FileReference;
  /** One for each runtime of the targets with its device and options, in their order; at least one. */
  deployments: Deployment[];
  /** Absent: none, or planned by an earlier version. */
  files?: DeployedFile[];
  /** Absent: it has all that is asked for. */
  lacking?: Lacking[];
  /** Key of the ONNX file's description, where no deployment's file tells what the network holds; absent: one does. */
  network?: string;
}

/** Every step once, in the order the trials list them. */
export function distinctSteps(trials: readonly TrialPlan[]): PlannedStep[] {
  return [...new Map(trials.flatMap((trial) => trial.steps).map((step) => [step.key, step])).values()];
}

/** Splits whose images a step looks at: the one place that says so. */
export function imagesOf(order: StepOrder): readonly Split[] {
  if (order.kind === 'compress') return order.images;
  return order.kind === 'evaluate' || (order.kind === 'measure' && order.overImages) ? ['eval'] : [];
}

/** The format of the file that a step, or an order, makes; undefined for one that makes none. */
export function formatOf(order: { kind: string; format?: string }): string | undefined {
  if (order.kind === 'convert') return order.format;
  return order.kind === 'compress' ? 'onnx' : undefined;
}

/** A plan as journals of earlier versions have it. */
interface EarlierPlan extends Omit<TrialPlan, 'deployments'> {
  baselineEvaluation: string;
}

/** The deployments of a plan from the journal; earlier versions knew one runtime. */
export function deploymentsOf(plan: TrialPlan | EarlierPlan): Deployment[] {
  if ('deployments' in plan) return plan.deployments;
  const keyOf = (kind: string): string => plan.steps.find((step) => step.kind === kind)?.key ?? '';
  const { artifact: file, baselineEvaluation } = plan;
  const [describe, evaluate] = [keyOf('describe'), keyOf('evaluate')];
  return [{ runtime: 'ort-cpu', name: 'ort-cpu', format: 'onnx', file, describe, evaluate, baselineEvaluation }];
}

/** The deployment of that name; undefined where the plan has none. */
export function deploymentNamed(plan: Parameters<typeof deploymentsOf>[0], name: string): Deployment | undefined {
  return deploymentsOf(plan).find((deployment) => (deployment.name ?? deployment.runtime) === name);
}
