import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import { toAppError } from '@shared/errors';
import type { FlipReport } from '@shared/flips';
import type { LiveModelFile } from '@shared/live/session';
import type { RunView, TrialView } from '@shared/run';
import { defaultTarget, targetName } from '@shared/sweep-file';
import { baselines } from '@shared/presenter/rows';
import { call, pathOf } from '../bridge/client';
import { modelKey, noDeployment, trialKey, type DeploymentChoice } from '../live/deployment-choice';

export type SourceKind = 'camera' | 'photo' | 'folder' | 'video' | 'images' | 'changed';

/** Images that two deployments answered differently. */
export interface ChangedImages {
  run: string;
  title: string;
  hashes: string[];
}

/** What Live is to show; it stays when another view shows, while the camera and the session do not. */
export const useLiveStore = defineStore('live', () => {
  const kind = ref<SourceKind>('camera');
  const sides = ref<[DeploymentChoice, DeploymentChoice]>([noDeployment(), noDeployment()]);
  /** Id of the camera that was chosen; '': the one that the system takes. */
  const camera = ref('');
  /** Model files from anywhere, beside those of the model folder. */
  const added = shallowRef<readonly LiveModelFile[]>([]);
  /** Why a file could not be added, as a sentence; empty: it could. */
  const addProblem = ref('');
  const photo = shallowRef<File>();
  const video = shallowRef<File>();
  const folder = ref('');
  const changed = shallowRef<ChangedImages>();
  /** Counts requests to begin at once, from a trial or a drop. */
  const asked = ref(0);
  /** Those of them that were begun. */
  const begun = ref(0);

  /** Takes a model file of any format that a runtime opens, and has the first side run it. */
  async function addModel(path: string): Promise<void> {
    addProblem.value = '';
    try {
      const file = await call('live.model', { path });
      added.value = [...added.value.filter((one) => one.path !== file.path), file];
      sides.value[0].model = modelKey(file.path);
    } catch (thrown) {
      addProblem.value = toAppError(thrown).message;
    }
  }

  /** A model file, a photo, a video or a folder that was dropped on the view. Answers whether it was one of them. */
  function takeDropped(files: readonly File[]): boolean {
    const [file] = files;
    if (!file) return false;
    if (/\.(onnx|tflite)$/i.test(file.name)) {
      void addModel(pathOf(file));
      return true;
    }
    if (file.type.startsWith('image/')) [kind.value, photo.value] = ['photo', file];
    else if (file.type.startsWith('video/')) [kind.value, video.value] = ['video', file];
    else {
      const path = file.type === '' && !/\.\w{1,5}$/.test(file.name) ? pathOf(file) : '';
      if (path === '') return false;
      [kind.value, folder.value] = ['folder', path];
    }
    asked.value++;
    return true;
  }

  /** A trial beside what it is compared with, on a target of its run. */
  function tryTrial(run: RunView, trial: TrialView, target: string): void {
    const found = run.sweep.targets.find((candidate) => targetName(candidate) === target) ?? defaultTarget;
    const baseline = baselines(run).get(trial.model);
    const choice = (id: string): DeploymentChoice => ({ model: trialKey(run.id, id), target: { ...found } });
    const isAlone = !baseline || baseline.id === trial.id;
    sides.value = isAlone ? [choice(trial.id), noDeployment()] : [choice(baseline.id), choice(trial.id)];
    changed.value = undefined;
    if (kind.value === 'changed') kind.value = 'camera';
  }

  /** As `tryTrial`, stepping through the images where the two answer differently. */
  function stepThrough(run: RunView, trial: TrialView, target: string, { flips, reference }: FlipReport): void {
    tryTrial(run, trial, target);
    const title = `${trial.recipe} against ${reference}`;
    changed.value = { run: run.id, title, hashes: flips.map(({ hash }) => hash) };
    kind.value = 'changed';
    asked.value++;
  }

  return {
    kind,
    sides,
    camera,
    added,
    addProblem,
    photo,
    video,
    folder,
    changed,
    asked,
    begun,
    addModel,
    takeDropped,
    tryTrial,
    stepThrough,
  };
});
