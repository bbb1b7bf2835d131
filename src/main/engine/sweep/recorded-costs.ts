import type { RunRecord } from '../store/run-records';
import type { Workspace } from '../store/workspace';
import type { TrialPlan } from './plan';
import type { StepSample } from './step-costs';
import { traitsOf } from './step-traits';

/** A sample with the step it is of. */
type RecordedStep = StepSample & { key: string };

/** Plans are large, and a sweep that is being edited asks at every change. By workspace and run, with what changes when the run goes on. */
const known = new WeakMap<Workspace, Map<string, { stamp: string; samples: RecordedStep[] }>>();

/** What the steps that runs computed on this machine took; other machines' do not tell. */
export function recordedCosts(workspace: Workspace, machineId: string): RecordedStep[] {
  const ofWorkspace = known.get(workspace) ?? new Map<string, { stamp: string; samples: RecordedStep[] }>();
  known.set(workspace, ofWorkspace);
  return workspace.runs
    .list()
    .filter(({ manifest }) => manifest.machine.id === machineId)
    .flatMap((run) => {
      const stamp = [run.status, run.endedAt, run.elapsedMs].join('\n');
      const before = ofWorkspace.get(run.id);
      if (before?.stamp === stamp) return before.samples;
      const samples = samplesOf(workspace, run);
      ofWorkspace.set(run.id, { stamp, samples });
      return samples;
    });
}

function samplesOf(workspace: Workspace, { id, manifest, sweep }: RunRecord): RecordedStep[] {
  const { eval: evaluation, calibration, train } = manifest.dataset;
  const facts = {
    models: new Map(manifest.models.map((model) => [model.name, model])),
    images: { eval: evaluation, calibration, train: train || calibration },
    latency: sweep.latency,
    machine: manifest.machine,
  };
  // None of a run that is damaged: who asks for that run is told.
  const trials = workspace.runs.readableTrials<TrialPlan>(id) ?? [];
  const traits = new Map(trials.flatMap(({ plan }) => [...traitsOf(plan, facts)]));
  return workspace.steps.costsOf(id).flatMap(({ key, elapsedMs, sizeBytes }): RecordedStep[] => {
    const own = traits.get(key);
    // A search evaluates on parts of its images, and nobody wrote down on how many.
    const isPart = own?.kind === 'evaluate' && sweep.search !== undefined && sweep.dataset.part === 'selection';
    return own && !isPart ? [{ ...own, key, elapsedMs, sizeBytes }] : [];
  });
}
