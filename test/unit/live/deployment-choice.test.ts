import { describe, expect, it } from 'vitest';
import { reactive } from 'vue';
import { chosenSource } from '../../../src/renderer/live/chosen-source';
import { deploymentOf, noDeployment, trialKey } from '../../../src/renderer/live/deployment-choice';
import { liveDeploymentSchema } from '../../../src/shared/live/session';
import { datasetSpecSchema } from '../../../src/shared/dataset';

describe('what a person chose', () => {
  const target = { runtime: 'ort-cpu', threads: 2, options: { fast: true } };

  it('becomes a model or a trial on a target, in plain values that cross processes', () => {
    const choice = reactive({ model: trialKey('run 1', 'net/int8'), target });
    const deployment = structuredClone(deploymentOf(choice));
    expect(deployment).toEqual({ model: { run: 'run 1', trial: 'net/int8' }, target });
    expect(liveDeploymentSchema.parse(deployment)).toEqual(deployment);
    expect(deploymentOf({ model: 'model\n/zoo/net.onnx', target })?.model).toEqual({ path: '/zoo/net.onnx' });
    expect(deploymentOf(noDeployment())).toBeUndefined();
  });

  it('runs here, also where it was measured on another machine', () => {
    const deployment = deploymentOf({ model: trialKey('run 1', 'net/int8'), target: { ...target, on: 'pi4' } });
    expect(deployment!.target).toEqual(target);
    expect(liveDeploymentSchema.safeParse({ ...deployment, target: { ...target, on: 'pi4' } }).success).toBe(false);
  });

  it('becomes a source, plain too, or nothing while something is missing', () => {
    const store = {
      kind: 'images' as const,
      camera: '',
      photo: undefined,
      video: undefined,
      folder: '',
      changed: undefined,
    };
    const dataset = reactive(datasetSpecSchema.parse({ path: '/images' }));
    expect(structuredClone(chosenSource(store, dataset))).toEqual({ kind: 'images', source: { dataset } });
    expect(chosenSource({ ...store, kind: 'photo' }, dataset)).toBeUndefined();
    expect(chosenSource({ ...store, kind: 'camera' }, dataset)).toEqual({ kind: 'camera' });
    expect(chosenSource({ ...store, kind: 'camera', camera: 'a' }, dataset)).toEqual({ kind: 'camera', device: 'a' });
    expect(chosenSource({ ...store, kind: 'folder', folder: '/f' }, dataset)).toEqual({
      kind: 'images',
      source: { dataset: { path: '/f', eval: 0, calibration: 0, train: 0, seed: 1 } },
    });
  });
});
