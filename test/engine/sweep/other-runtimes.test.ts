import { expect, it } from 'vitest';
import { managed } from './managed';
import { prepare } from './prepared';

const recipes = { baseline: [], half: ['fp16'] };

it('answers of another runtime stand beside those of ONNX Runtime for the same artifact', async () => {
  const { runs, workspace } = managed();
  const targets = [{ runtime: 'ort-cpu' }, { runtime: 'ort-cpu', threads: 2 }, { runtime: 'ort-web' }];
  const { id, finished } = runs.start(prepare(workspace, { recipes, targets }));
  expect(await finished).toBe('done');
  for (const { metrics } of runs.view(id).trials) {
    const [own, web, ...others] = metrics.deployments!;
    expect(others).toEqual([]);
    expect(own).toMatchObject({ runtime: 'ort-cpu', name: 'ort-cpu' });
    expect(own).not.toHaveProperty('besideOnnxRuntime');
    expect(web!.besideOnnxRuntime).toEqual({
      reference: 'ort-cpu',
      n: own!.n,
      agreement: 100,
      largestDifference: 0.5,
      largestDifferenceSteps: 2,
    });
    // The numbers of the trial are those of its first deployment, and say nothing of others.
    expect(metrics).not.toHaveProperty('name');
    expect(metrics).not.toHaveProperty('besideOnnxRuntime');
  }
});

it('and nothing stands beside them where ONNX Runtime is no target', async () => {
  const { runs, workspace } = managed();
  const { id, finished } = runs.start(prepare(workspace, { recipes, targets: [{ runtime: 'ort-web' }] }));
  expect(await finished).toBe('done');
  for (const { metrics } of runs.view(id).trials) {
    expect(metrics.deployments).toHaveLength(1);
    expect(metrics.deployments![0]).not.toHaveProperty('besideOnnxRuntime');
  }
});
