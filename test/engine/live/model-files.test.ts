import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createEngine } from '../../../src/main/engine/create-engine';
import { withMetadata } from '../../../src/main/engine/formats/tflite/with-metadata';
import { writeTflite } from '../../../src/main/engine/formats/tflite/write-model';
import { liveSide } from '../../../src/main/engine/live-deployment';
import { liveHandlers } from '../../../src/main/engine/live-handlers';
import { tfliteLibrary } from '../../../src/main/engine/runtimes/native-libraries';
import { colourTflite } from '../../fixtures/colour-tflite';
import { needs } from '../../fixtures/native-library';
import { temporaryFolder } from '../dataset/photographs';
import { saveSmallClassifier, smallCard } from '../measure/small-classifier';

const tflite = needs(tfliteLibrary);
const labels = ['red', 'green', 'blue'];

it('a model file of any format says what it is, and one of which too little is known why not', async () => {
  const folder = temporaryFolder();
  const engine = await createEngine({ workspace: join(folder, 'home') });
  try {
    const ask = liveHandlers(engine, {})['live.model'];
    const [onnx, described, bare] = ['net.onnx', 'colour.tflite', 'bare.tflite'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const weights = [
      [1, 0, 0],
      [0, 1, 0],
    ];
    await saveSmallClassifier(onnx, { weights });
    writeFileSync(join(folder, 'net.card.json'), JSON.stringify(smallCard(2)));
    const card = { ...smallCard(3), output: { name: 'scores', classes: 3 } };
    writeFileSync(described, writeTflite(withMetadata(colourTflite(16), card, labels)));
    writeFileSync(bare, writeTflite(colourTflite(16)));

    expect(await ask({ path: onnx })).toMatchObject({ path: onnx, format: 'onnx' });
    expect(await ask({ path: described })).toEqual({ path: described, title: 'colour', format: 'tflite' });
    await expect(ask({ path: bare })).rejects.toMatchObject({ code: 'card.missing' });
    await expect(ask({ path: join(folder, 'none.tflite') })).rejects.toMatchObject({ code: 'model.not-found' });
    if (!tflite.isHere) return;
    // It is opened with the names that its metadata give its classes.
    const side = await liveSide({ model: { path: described }, target: { runtime: 'tflite', threads: 1 } }, engine);
    expect(side.order.card.labelNames).toEqual(labels);
  } finally {
    engine.close();
  }
});
