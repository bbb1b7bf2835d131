import { describe, expect, it } from 'vitest';
import { compilerText, estimateText, leftToCpuText, networksText } from '@shared/presenter/edgetpu';
import { estimateEdgeTpu } from '../../../src/main/engine/formats/edgetpu/estimate';
import type { TfliteModel } from '../../../src/main/engine/formats/tflite/model';
import { compilerLogs } from '../../fixtures/coral/compiler-logs';
import { mobilenetV2, resnet50 } from '../../fixtures/coral/layered-network';

describe('what is said of the Edge TPU', () => {
  it('after compiling', () => {
    const [streamed, partly] = compilerLogs;
    expect(compilerText(streamed!.report)).toBe(
      'Edge TPU compiler 16.0.384591198: 619.0 kB of weights stay on the chip (room for 523.8 kB more), 3.62 MB are sent anew for every inference.',
    );
    expect(compilerText(partly!.report)).toMatch(/: 135 of 136 operators on the Edge TPU; 2\.01 MB of weights/);
    expect(leftToCpuText(partly!.report)).toBe(
      'Left to the CPU: CUSTOM (1: Operation is working on an unsupported data type).',
    );
    expect(leftToCpuText(streamed!.report)).toBeUndefined();
    expect(compilerText({ operators: [] })).toBe('Edge TPU compiler: it told nothing of the file.');
  });

  it('before compiling', () => {
    expect(estimateText(estimateEdgeTpu(mobilenetV2()))).toMatch(
      /^Estimate before compiling: all \d+ operators on the Edge TPU, 4\.0 MB of weights for about 6\.8 MB on the chip\.$/,
    );
    expect(estimateText(estimateEdgeTpu(resnet50()))).toMatch(
      /26\.0 MB of weights for about 6\.5 MB on the chip: 19\.5 MB will stream\.$/,
    );
  });

  it('before compressing', () => {
    const named = (name: string, model: TfliteModel, isQuantized = false) => ({
      name,
      chip: estimateEdgeTpu(model),
      isQuantized,
    });
    const [small, large] = [named('mobilenetv2', mobilenetV2()), named('resnet50', resnet50())];
    expect(networksText([small, large], { isQuantized: true, isSmaller: false })).toMatch(
      /^Estimate for the chip: mobilenetv2: all \d+ operators on the Edge TPU, 4\.0 MB of weights for about 6\.8 MB on the chip; resnet50: .* 26\.0 MB of weights for about 6\.5 MB on the chip: 19\.5 MB will stream\.$/,
    );
    expect(networksText([large], { isQuantized: true, isSmaller: true })).toMatch(
      /at most 26\.0 MB of weights for about 6\.5 MB on the chip: at most 19\.5 MB will stream\.$/,
    );
    expect(networksText([small, large], { isQuantized: false, isSmaller: true })).toMatch(
      /^Estimate for the chip: it computes in floats, so nothing runs on the Edge TPU\./,
    );
    const mixed = [small, named('codes', resnet50(), true)];
    expect(networksText(mixed, { isQuantized: false, isSmaller: false })).toMatch(
      /^Estimate for the chip: mobilenetv2: nothing on the Edge TPU, as it computes in floats; codes: all \d+ operators/,
    );
  });
});
