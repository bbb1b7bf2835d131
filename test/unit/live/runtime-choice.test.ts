import { describe, expect, it } from 'vitest';
import { modelChoices } from '../../../src/renderer/live/deployment-choice';
import {
  fittingTarget,
  nothingFits,
  bareTarget,
  runtimeChoicesForModel,
} from '../../../src/renderer/live/runtime-choice';
import type { RunView } from '../../../src/shared/run';

const runtimes = [
  { id: 'tflite', title: 'TensorFlow Lite', format: 'tflite' },
  { id: 'litert', title: 'LiteRT', format: 'tflite', problem: 'LiteRT is not here.' },
  { id: 'openvino', title: 'OpenVINO', format: 'onnx' },
  { id: 'ort-cpu', title: 'ONNX Runtime', format: 'onnx' },
  { id: 'ort-cuda', title: 'CUDA', format: 'onnx', problem: 'There is no GPU.' },
  { id: 'edgetpu', title: 'Coral', format: 'edgetpu', problem: 'No Coral is plugged in.', maximumThreads: 1 },
];
const ids = (formats: string[]): string[] =>
  runtimeChoicesForModel(runtimes, formats).map(({ label, disabled }) => `${label}${disabled ? ' -' : ''}`);

describe('the runtimes of a model', () => {
  it('are those that open its file; the others say what is in the way', () => {
    expect(ids(['onnx'])).toEqual([
      'openvino',
      'ort-cpu',
      'tflite (takes .tflite) -',
      'litert (takes .tflite) -',
      'ort-cuda (not usable here) -',
      'edgetpu (takes .edgetpu) -',
    ]);
    expect(ids(['tflite', 'edgetpu'])).toEqual([
      'tflite',
      'litert (not usable here) -',
      'openvino (takes .onnx) -',
      'ort-cpu (takes .onnx) -',
      'ort-cuda (takes .onnx) -',
      'edgetpu (not usable here) -',
    ]);
  });

  it('keep the target where it fits, else the usual one, else the first', () => {
    const target = { runtime: 'openvino', threads: 4, device: 'GPU', options: { precision: 'default' } };
    expect(fittingTarget(target, runtimes, ['onnx'])).toBe(target);
    expect(fittingTarget(target, runtimes, ['tflite'])).toEqual({ runtime: 'tflite', threads: 4 });
    const other = { runtime: 'tflite', threads: 2 };
    expect(fittingTarget(other, runtimes, ['onnx'])).toEqual({ runtime: 'ort-cpu', threads: 2 });
    expect(fittingTarget(other, runtimes, ['edgetpu'])).toBeUndefined();
    expect(bareTarget(target, runtimes[5]!)).toEqual({ runtime: 'edgetpu', threads: 1 });
  });

  it('say why there is none', () => {
    expect(nothingFits('mobilenet', runtimes, ['edgetpu'])).toBe(
      'mobilenet is there as .edgetpu, which no runtime here can open. Coral: No Coral is plugged in.',
    );
  });
});

describe('modelChoices', () => {
  it('tells the formats of files and of trials, as they were deployed', () => {
    const model = (path: string) => ({ reference: path, title: path, path, described: true });
    const trial = (recipe: string, metrics: object) => ({
      ...{ id: `net/${recipe}`, model: 'net', recipe, metrics: { latency: [], ...metrics } },
      artifact: { sha256: '', path: '', sizeBytes: 1 },
    });
    const run = {
      id: 'run',
      trials: [
        trial('int8', { deployments: [{ format: 'tflite' }, { format: 'onnx' }], files: [{ format: 'edgetpu' }] }),
        trial('plain', {}),
      ],
    } as unknown as RunView;
    const choices = modelChoices(
      [model('/a.onnx'), model('/b.TFLITE')],
      [
        { path: '/a.onnx', title: 'the same', format: 'onnx' },
        { path: '/c.tflite', title: 'compiled', format: 'edgetpu' },
      ],
      run,
    );
    expect(choices.map(({ label, formats }) => [label, formats])).toEqual([
      ['/a.onnx', ['onnx']],
      ['/b.TFLITE', ['tflite', 'edgetpu']],
      ['compiled', ['edgetpu']],
      ['int8 · net', ['onnx', 'tflite', 'edgetpu']],
      ['plain · net', ['onnx']],
    ]);
  });
});
