import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunView } from '@shared/run';
import { openImages } from '../../../src/main/engine/dataset/image-batches';
import { openDataset } from '../../../src/main/engine/dataset/open-dataset';
import { handOver, type HandedOver } from '../../../src/main/engine/handover/hand-over';
import { classScores, inputTensor, modelInput } from '../../../src/main/engine/measure/model-input';
import { openScored } from '../../../src/main/engine/measure/open-scored';
import { writeCard } from '../../../src/main/engine/models/card';
import { openModel, type Model } from '../../../src/main/engine/models/model-folder';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { ort } from '../../../src/main/engine/runtimes/ort';
import { writeColourPictures, type colours } from '../../fixtures/colour-pictures';
import { writeWithData } from '../../fixtures/networks/external-data';
import { inputsAndOutputs } from '../../fixtures/networks/inputs-and-outputs';
import { run, trial } from '../../unit/matrix/trials';

const python = pythonWithRuntime();

/** A Python that has what the example imports, or undefined. */
function pythonWithRuntime(): string | undefined {
  return [process.env.WHITTLE_PYTHON, 'python3'].find((program) => {
    try {
      if (program) execFileSync(program, ['-c', 'import numpy, onnxruntime, PIL'], { stdio: 'ignore' });
      return program !== undefined;
    } catch {
      return false;
    }
  });
}

interface Answer {
  label: number;
  score: number;
}

/** What the engine answers for one picture: the class, and its score. */
async function engineAnswer(model: Model, data: string, cacheFolder: string): Promise<Map<string, Answer>> {
  const dataset = await openDataset({ path: data, eval: 0, calibration: 4, train: 0, seed: 1 }, { cacheFolder });
  const images = await openImages(dataset.eval, model.card, { cacheFolder });
  const session = await openScored(ort, model.path, model.card, { threads: 1 });
  const input = modelInput(session, model.card, model.path);
  const { name, outputName } = input;
  const answers = new Map<string, Answer>();
  for await (const batch of images.batches(1, { type: input.pixels })) {
    const outputs = await session.run({ [name]: inputTensor(input, batch) });
    const scores = Array.from(classScores(outputs[outputName], { card: model.card, path: model.path, batch: 1 }));
    const score = Math.max(...scores);
    answers.set(batch.entries[0]!.path, { label: scores.indexOf(score), score });
  }
  await session.close();
  return answers;
}

const classesOf: Record<string, (keyof typeof colours)[]> = {
  'gray-image': ['dark', 'bright'],
  'single-score': ['green', 'red'],
};

describe.each(inputsAndOutputs)('$name, handed over', ({ name, make, card }) => {
  let folder: string;
  let given: HandedOver;
  let model: Model;
  let expected: Map<string, Answer>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'whittle-handover-'));
    const data = await writeColourPictures(join(folder, 'images'), classesOf[name] ?? ['red', 'green', 'blue']);
    const path = join(folder, `${name}.onnx`);
    if (name === 'external-data') writeWithData(path, make());
    else writeFileSync(path, encodeModel(make()));
    await writeCard(path, card);
    model = await openModel(path);
    const view: RunView = run([
      trial({ model: name, recipe: 'baseline', artifact: { sha256: model.sha256, path, sizeBytes: model.sizeBytes } }),
    ]);
    view.manifest.models[0]!.path = path;
    given = await handOver(view, view.trials[0]!, join(folder, 'given'));
    // Where the person would install the two packages of the Node example.
    symlinkSync(resolve('node_modules'), join(folder, 'given', 'node_modules'), 'junction');
    expected = await engineAnswer(model, data, join(folder, 'cache'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function giveTheEnginesAnswers(program: string, example: string): Promise<void> {
    // One picture of each class, or three.
    const pictures = [...expected.keys()]
      .filter((_, index, all) => index % Math.floor(all.length / 3) === 0)
      .slice(0, 3);
    expect(pictures).toHaveLength(3);
    const { stdout } = await promisify(execFile)(program, [join(folder, 'given', example), ...pictures]);
    const lines = stdout.trimEnd().split(/\r?\n/);
    const isScored = card.output.score === undefined && name !== 'arg-max';
    expect(lines).toHaveLength(3);
    lines.forEach((line, index) => {
      const [path, label, text, score] = line.split('\t');
      const answer = expected.get(pictures[index]!)!;
      expect([path, Number(label)]).toEqual([pictures[index], answer.label]);
      expect(text).toBe(`class ${answer.label}`);
      if (isScored) expect(Number(score)).toBeCloseTo(answer.score, 2);
    });
  }

  it.skipIf(name === 'half-input')('the Node example gives the engine’s answers', () =>
    giveTheEnginesAnswers(process.execPath, 'classify.mjs'),
  );

  it.skipIf(!python)(
    `the Python example gives the engine’s answers${python ? '' : ' (skipped: no Python with numpy, onnxruntime and Pillow)'}`,
    () => giveTheEnginesAnswers(python!, 'classify.py'),
  );

  it('has examples in the languages that have numbers for its input', () => {
    const examples = given.files.filter((file) => file.startsWith('classify.'));
    expect(examples).toEqual(name === 'half-input' ? ['classify.py'] : ['classify.cpp', 'classify.mjs', 'classify.py']);
    const readme = readFileSync(join(given.folder, 'README.md'), 'utf8');
    for (const example of ['classify.py', 'classify.mjs', 'classify.cpp'])
      expect(readme.includes(`\`${example}\``)).toBe(examples.includes(example));
    for (const example of examples)
      expect(readFileSync(join(given.folder, example), 'utf8')).not.toMatch(/undefined|NaN|\[object/);
  });

  it('loads where it lies, with all its files', async () => {
    const copied = await openModel(join(given.folder, `${name}-baseline.onnx`));
    expect(copied.card.preprocess).toEqual(model.card.preprocess);
    expect(copied.sizeBytes).toBe(model.sizeBytes);
    expect(existsSync(join(given.folder, 'report.html'))).toBe(true);
    expect(readdirSync(folder).filter((entry) => entry.endsWith('.tmp'))).toEqual([]);
  });
});
