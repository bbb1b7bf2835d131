import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeNode } from '../../../src/main/engine/onnx/make';
import { saveModel } from '../../../src/main/engine/onnx/save';
import { checkFormats } from '../../../src/main/engine/sweep/check-formats';
import { colourCard, colourNetwork } from '../../fixtures/networks/colour-network';

const target = (runtime: string) => ({ runtime, threads: 1 });

describe('models of a sweep whose targets take another format, or that is deployed in one', () => {
  it('are refused where an operator has no counterpart there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'whittle-formats-'));
    try {
      const path = join(folder, 'erf.onnx');
      const nodes = [makeNode('Erf', ['scores'], ['y'])];
      await saveModel(colourNetwork({ after: { nodes, outputs: [['y', 'float32', ['batch', 3]]] } }), path);
      const model = { path, card: colourCard('erf', { output: { name: 'y' } }) };
      await expect(checkFormats({ targets: [target('ort-cpu'), target('tflite')] }, [model])).rejects.toMatchObject({
        code: 'format.unsupported-operator',
        facts: { path, operators: 'Erf', format: 'tflite' },
      });
      const alsoWritten = { targets: [target('ort-cpu')], deploy: { tflite: {} } };
      await expect(checkFormats(alsoWritten, [model])).rejects.toMatchObject({ code: 'format.unsupported-operator' });
      await checkFormats({ targets: [target('ort-cpu')] }, [model]);
      for (const format of ['tflite', 'edgetpu'])
        await expect(
          checkFormats({ targets: [target('ort-cpu')], deploy: { [format]: {} } }, [model]),
        ).rejects.toMatchObject({ code: 'format.unsupported-operator', facts: { operators: 'Erf', format } });
      await saveModel(
        colourNetwork({
          after: { nodes: [makeNode('Mish', ['scores'], ['y'])], outputs: [['y', 'float32', ['batch', 3]]] },
          opset: 18,
        }),
        path,
      );
      await expect(checkFormats({ targets: [], deploy: { coreml: {} } }, [model])).rejects.toMatchObject({
        code: 'format.unsupported-operator',
        facts: { operators: 'Mish', format: 'mlpackage' },
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
