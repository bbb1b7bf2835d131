import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import type { ForeignNetwork } from '../../fixtures/networks/foreign-network';
import { freeSize } from '../../fixtures/networks/free-size';
import { grayImage } from '../../fixtures/networks/gray-image';
import { rectangle } from '../../fixtures/networks/rectangle';
import { severalOutputs } from '../../fixtures/networks/several-outputs';
import { temporaryFolder } from '../store/temporary-folder';
import { changeModel, externalData, hugePng, subgraph, writeOtherModel } from './broken-files';
import { furnish, smallClassifier, writeModel, writeSweep, type SweepText } from './laboratory';
import { filesBelow, sentences, whittle } from './whittle';

let laboratory: string;
beforeAll(async () => {
  laboratory = await furnish(mkdtempSync(join(tmpdir(), 'whittle-laboratory-')));
});
afterAll(() => rmSync(laboratory, { recursive: true, force: true }));

function writeForeign(folder: string, { make, card }: ForeignNetwork, { hasCard = true } = {}): void {
  writeModel(folder, 'foreign', make(), { hasCard: false });
  if (hasCard) writeFileSync(join(folder, 'foreign.card.json'), JSON.stringify(card));
}

const isRoot = process.getuid?.() === 0;

/** A dataset of these files, with val.txt that gives them class 0. */
function dataset(folder: string, files: Record<string, Buffer | string>): void {
  rmSync(join(folder, 'images'), { recursive: true });
  mkdirSync(join(folder, 'images', 'val'), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'images', 'val', name), content);
  writeFileSync(
    join(folder, 'images', 'val.txt'),
    Object.keys(files)
      .map((name) => `${name} 0\n`)
      .join(''),
  );
}

const run = ['run', 'sweep.yaml', '--out', 'out'];
const recipe = (steps: string): Partial<SweepText> => ({ recipes: `recipes: { baseline: [], x: ${steps} }` });
const inImages = (name: string, text: string) => (folder: string) => writeFileSync(join(folder, 'images', name), text);
const anyDataset = { dataset: 'dataset: { path: images, calibration: 0 }', recipes: 'recipes: { baseline: [] }' };

interface Row {
  title: string;
  /** Makes the input wrong, in a folder that holds the right one. */
  spoil?: (folder: string) => void;
  words: string[];
  says: RegExp;
  code?: number;
  unless?: boolean;
}

const rows: Row[] = [
  // What is typed.
  { title: 'no command', words: [], says: /^No command is given\. "whittle --help" shows the commands\.$/ },
  {
    title: 'an unknown command',
    words: ['rnu', 'sweep.yaml'],
    says: /^Unknown command "rnu"; did you mean "run"\? "whittle --help"/,
  },
  { title: 'an unknown option', words: ['run', 'sweep.yaml', '--fast'], says: /^run: Unknown option "--fast"\./ },
  { title: 'an option without its value', words: ['run', 'sweep.yaml', '--out'], says: /^run: --out needs a value\./ },
  { title: 'a missing argument', words: ['run'], says: /^run: SWEEP\.yaml is missing\./ },
  {
    title: 'a number out of range',
    words: ['bench', 'small.onnx', '--threads', '0'],
    says: /^bench: --threads takes a whole number from 1 to 256, not "0"\./,
  },
  {
    title: 'an unknown preprocessing',
    words: ['eval', 'small.onnx', '--data', 'images', '--preprocess', 'torch'],
    says: /^--preprocess takes imagenet, tf, unit, raw, caffe, not "torch"\./,
  },
  {
    title: 'early exits in a file that holds none',
    words: ['compress', 'small.onnx', '--recipe', 'exit.early', '--data', 'images', '-o', 'x.mlpackage'],
    says: /^\.mlpackage does not take a network that some images leave early\. Deploy it as ONNX/,
  },
  {
    title: 'gates in a file that holds none',
    words: ['compress', 'small.onnx', '--recipe', 'gate.channels', '--data', 'images', '-o', 'x.mlpackage'],
    says: /^\.mlpackage does not take a network that picks weights for each image\. Deploy it as ONNX/,
  },
  {
    title: 'a recipe that cannot be read',
    words: ['compress', 'small.onnx', '--recipe', 'fp16 ||', '-o', 'x.onnx'],
    says: /^Recipe "fp16 \|\|", at character 7: expected a technique/,
  },
  {
    title: 'a recipe that needs images',
    words: ['compress', 'small.onnx', '--recipe', 'quantize.static', '-o', 'x.onnx'],
    says: /^compress: --data DIR is missing/,
  },
  {
    title: 'the model as its own output',
    words: ['compress', 'small.onnx', '--recipe', 'fp16', '-o', 'small.onnx'],
    says: /^compress: the output is the model itself/,
  },
  { title: 'an unknown run', words: ['report', 'none'], says: /^There is no run in .*home yet\. Start one with/ },
  // The sweep.
  { title: 'no sweep file', words: ['run', 'none.yaml'], says: /^No sweep file at none\.yaml\./ },
  {
    title: 'broken YAML',
    spoil: (folder) => writeSweep(folder, { models: 'models: [small.onnx' }),
    words: run,
    says: /^sweep\.yaml, line 2: .+\. Correct the YAML\.$/,
  },
  {
    title: 'a misspelt key',
    spoil: (folder) => writeSweep(folder, { targets: 'tagrets: []' }),
    words: run,
    says: /^sweep\.yaml: "tagrets" is not known here; check the spelling\./,
  },
  {
    title: 'an unknown technique',
    spoil: (folder) => writeSweep(folder, recipe('[quantise.static]')),
    words: run,
    says: /^The recipe "x" names an unknown technique "quantise\.static"; did you mean "quantize\.static"\? "whittle techniques" lists them\.$/,
  },
  {
    title: 'a parameter out of range',
    spoil: (folder) => writeSweep(folder, recipe('[{ prune.magnitude: { amount: 2 } }]')),
    words: run,
    says: /^In the recipe "x", prune\.magnitude: "amount" must be a number .*, not 2\./,
  },
  {
    title: 'an unknown parameter',
    spoil: (folder) => writeSweep(folder, recipe('[{ prune.magnitude: { amuont: 0.5 } }]')),
    words: run,
    says: /^In the recipe "x", prune\.magnitude: "amuont" is not one of its parameters \(did you mean "amount"\?\)\./,
  },
  {
    title: 'an unknown target',
    spoil: (folder) => writeSweep(folder, { targets: 'targets: [{ runtime: hexagon }]' }),
    words: run,
    says: /^Unknown target runtime "hexagon"\. Available here: .*ort-cpu/,
  },
  // Models.
  {
    title: 'an unknown model',
    spoil: (folder) => writeSweep(folder, { models: 'models: [resnet5]' }),
    words: [...run, '--zoo', '.'],
    says: /^No model "resnet5": it is neither a file nor a name in the model folder \/.*\. Give a path to an \.onnx or \.tflite file/,
  },
  {
    title: 'a model file that is not there',
    spoil: (folder) => writeSweep(folder, { models: 'models: [none.onnx]' }),
    words: run,
    says: /^No model ".*none\.onnx"/,
  },
  {
    title: 'not an ONNX file',
    spoil: (folder) => writeFileSync(join(folder, 'small.onnx'), '<!doctype html><html></html>'),
    words: run,
    says: /small\.onnx is not an ONNX model \(a web page \(HTML\)\)\. Export/,
  },
  {
    title: 'an empty file',
    spoil: (folder) => writeFileSync(join(folder, 'small.onnx'), ''),
    words: run,
    says: /small\.onnx is not an ONNX model \(the file is empty\)\./,
  },
  {
    title: 'a truncated ONNX file',
    spoil: (folder) => writeFileSync(join(folder, 'small.onnx'), encodeModel(smallClassifier()).subarray(0, 2000)),
    words: run,
    says: /small\.onnx is cut short or damaged \(.+\)\. Copy or download/,
  },
  {
    title: 'an unsupported operator',
    spoil: (folder) => changeModel(folder, subgraph),
    words: run,
    says: /small\.onnx: node "branch" uses If \(a subgraph\), which Whittle does not handle\./,
  },
  {
    title: 'an operator that nobody knows',
    spoil: (folder) => changeModel(folder, (model) => (model.graph!.node[1]!.opType = 'FancyRelu')),
    words: run,
    says: /FancyRelu/,
  },
  {
    title: 'an unsupported opset',
    spoil: (folder) => changeModel(folder, (model) => (model.opsetImport[0]!.version = 99n)),
    words: run,
    says: /small\.onnx uses ONNX opset 99; Whittle reads opsets \d+ to \d+\. Export it again with opset 17\.$/,
  },
  {
    title: 'weights that are no numbers',
    spoil: (folder) =>
      changeModel(folder, (model) => {
        const { rawData } = model.graph!.initializer.find(({ name }) => name === 'second.weight')!;
        new DataView(rawData.buffer, rawData.byteOffset).setFloat32(12, NaN, true);
      }),
    words: ['compress', 'small.onnx', '--recipe', 'prune.magnitude', '-o', 'x.onnx'],
    says: /^prune\.magnitude cannot be applied to small: the values of "second\.weight" are not all finite numbers; /,
  },
  {
    title: 'a kernel that is not that of its weights',
    spoil: (folder) =>
      changeModel(folder, (model) => {
        model.graph!.node[0]!.attribute.find(({ name }) => name === 'kernel_shape')!.ints = [5n, 5n];
      }),
    words: run,
    says: /^.*small\.onnx is not a valid network: node "first" \(Conv\): kernel_shape is 5x5, its weights are 3x3\./,
  },
  {
    title: 'external data outside the folder',
    spoil: (folder) => changeModel(folder, externalData('../secret.bin')),
    words: run,
    says: /small\.onnx: the tensor "first\.weight" points to external data "\.\.\/secret\.bin" outside/,
  },
  {
    title: 'external data that is missing',
    spoil: (folder) => changeModel(folder, externalData('weights.bin')),
    words: run,
    says: /small\.onnx: the external data "weights\.bin" of tensor "first\.weight" is missing/,
  },
  {
    title: 'no classifier',
    spoil: (folder) => {
      changeModel(folder, (model) => (model.graph!.output[0]!.name = 'second'));
      rmSync(join(folder, 'small.card.json'));
    },
    words: run,
    says: /small\.onnx does not look like an image classifier \(its output "second" is/,
  },
  {
    title: 'no card',
    spoil: (folder) => rmSync(join(folder, 'small.card.json')),
    words: run,
    says: /small\.onnx has no card .*small\.card\.json, .*or give --preprocess \(/,
  },
  {
    title: 'a card that is not JSON',
    spoil: (folder) => writeFileSync(join(folder, 'small.card.json'), '{'),
    words: run,
    says: /small\.card\.json: it is not JSON/,
  },
  {
    title: 'the card of another model',
    spoil: (folder) => {
      writeOtherModel(folder);
      cpSync(join(folder, 'small.card.json'), join(folder, 'other.card.json'));
    },
    words: ['eval', 'other.onnx', '--data', 'images'],
    says: /other\.card\.json does not fit its model: the model's input is "pixels", the card says "input"\./,
  },
  {
    title: 'several outputs and no word which',
    spoil: (folder) => writeForeign(folder, severalOutputs, { hasCard: false }),
    words: ['eval', 'foreign.onnx', '--data', 'images', '--preprocess', 'tf'],
    says: /foreign\.onnx has several outputs that may hold the class scores \("aux", "scores"\)\. Name the right one in its card, or with --scores NAME\./,
  },
  {
    title: 'an output that is none',
    spoil: (folder) => writeForeign(folder, severalOutputs, { hasCard: false }),
    words: ['eval', 'foreign.onnx', '--data', 'images', '--preprocess', 'tf', '--scores', 'logits'],
    says: /foreign\.onnx: it has no output "logits", but "active", "aux", "scores"\. Choose what the network takes\./,
  },
  {
    title: 'any size and no word which',
    spoil: (folder) => writeForeign(folder, freeSize, { hasCard: false }),
    words: ['eval', 'foreign.onnx', '--data', 'images', '--preprocess', 'tf'],
    says: /foreign\.onnx takes images of any size\. Say which with --size HEIGHTxWIDTH, or write a card\./,
  },
  {
    title: 'a size the network does not take',
    words: ['eval', 'bare.onnx', '--data', 'images', '--preprocess', 'tf', '--size', '64'],
    spoil: (folder) => writeModel(folder, 'bare', smallClassifier(), { hasCard: false }),
    says: /bare\.onnx: its images have 32 x 32 pixels \(height x width\), not 64 x 64\./,
  },
  {
    title: 'a size that is none',
    words: ['eval', 'small.onnx', '--data', 'images', '--preprocess', 'tf', '--size', '48*192'],
    says: /^--size takes a side as in 224, or HEIGHTxWIDTH as in 48x192, not "48\*192"\./,
  },
  {
    title: 'a size for models without a card, but no preprocessing',
    words: ['eval', 'small.onnx', '--data', 'images', '--size', '64'],
    says: /^--size is of use only with --preprocess, for models without a card\./,
  },
  {
    title: 'a runtime that is none',
    words: ['eval', 'small.onnx', '--data', 'images', '--runtime', 'ort-npu'],
    says: /ort-npu.*ort-cpu, ort-web/,
  },
  {
    title: 'more threads than a runtime has',
    words: ['bench', 'small.onnx', '--runtime', 'ort-web', '--threads', '2'],
    says: /ort-web.*uses at most 1 thread/,
  },
  {
    title: 'colours for a gray network',
    spoil: (folder) => writeForeign(folder, grayImage, { hasCard: false }),
    words: ['eval', 'foreign.onnx', '--data', 'images', '--preprocess', 'tf', '--order', 'BGR'],
    says: /foreign\.onnx: its images are gray, not BGR\./,
  },
  {
    title: 'a card with three means for a gray network',
    spoil: (folder) =>
      writeForeign(folder, { ...grayImage, card: { ...grayImage.card, preprocess: severalOutputs.card.preprocess } }),
    words: ['eval', 'foreign.onnx', '--data', 'images'],
    says: /foreign\.card\.json does not fit its model: mean and std need 1 numbers each for gray images\./,
  },
  {
    title: 'a card that is of another network',
    spoil: (folder) => {
      writeForeign(folder, rectangle);
      cpSync(join(folder, 'foreign.card.json'), join(folder, 'small.card.json'));
    },
    words: ['eval', 'small.onnx', '--data', 'images'],
    says: /small\.card\.json does not fit its model: the model's output is "logits", the card says "scores"\./,
  },
  {
    title: 'shapes that contradict each other, in a graph with a name of its own',
    spoil: (folder) =>
      writeModel(folder, 'small', {
        ...smallClassifier(),
        name: 'torch_jit',
        inputs: severalOutputs
          .make()
          .outputs.slice(1, 2)
          .map((value) => ({ ...value, name: 'input', shape: ['n', 4, 32, 32] })),
      }),
    words: ['inspect', 'small.onnx'],
    says: /^.*small\.onnx is not a valid network/,
  },
  {
    title: 'preprocessing tried without labels',
    spoil: (folder) => rmSync(join(folder, 'images', 'val.txt')),
    words: ['models', 'try', 'small.onnx', '--data', 'images'],
    says: /^No labels for .*images/,
  },
  {
    title: 'classes by name that have none',
    words: ['eval', 'small.onnx', '--data', 'images', '--by-name'],
    says: /^The classes of .*images cannot be matched by name with those of small: the dataset does not name its classes\./,
  },
  // Datasets.
  {
    title: 'no dataset',
    spoil: (folder) => writeSweep(folder, { dataset: 'dataset: { path: none }' }),
    words: run,
    says: /^No dataset at .*none\./,
  },
  {
    title: 'an empty folder',
    spoil: (folder) => {
      rmSync(join(folder, 'images'), { recursive: true });
      mkdirSync(join(folder, 'images'));
    },
    words: run,
    says: /^.*images holds no images/,
  },
  {
    title: 'a label file that is missing',
    spoil: inImages('dataset.json', '{"eval":{"images":"val","labels":"labels.txt"}}'),
    words: run,
    says: /^No labels for .*labels\.txt/,
  },
  {
    title: 'a wrong line in a label file',
    spoil: (folder) => writeFileSync(join(folder, 'images', 'val.txt'), 'image-000.jpg 0\nimage-001.jpg cat\n'),
    words: run,
    says: /val\.txt, line 2: "cat" is no class\. Each line is "file class" with a class from 0/,
  },
  {
    title: 'labels of other images',
    spoil: (folder) => writeFileSync(join(folder, 'images', 'val.txt'), 'a.jpg 0\nb.jpg 1\n'),
    words: run,
    says: /val\.txt: .+\. Check that the label file belongs to these images\.$/,
  },
  {
    title: 'labels beyond the classes of the model',
    spoil: (folder) => {
      writeSweep(folder, anyDataset);
      writeFileSync(
        join(folder, 'images', 'val.txt'),
        readFileSync(join(folder, 'images', 'val.txt'), 'utf8').replaceAll(/ 3$/gm, ' 9'),
      );
    },
    words: run,
    says: /^The dataset .* has class 9, but small knows 4 classes\./,
  },
  {
    title: 'more images than there are',
    spoil: (folder) => writeSweep(folder, { dataset: 'dataset: { path: images, eval: 500 }' }),
    words: run,
    says: /images has \d+ images for \w+, and \d+ are asked for\. Ask for \d+ at most, or add images\.$/,
  },
  {
    title: 'broken JPEGs',
    spoil: (folder) => {
      writeSweep(folder, anyDataset);
      dataset(folder, { 'a.jpg': 'no image', 'b.jpg': Buffer.alloc(500, 1), 'c.jpg': '' });
    },
    words: run,
    says: /^None of the 3 images in .*val can be used\. The first: .*[abc]\.jpg cannot be decoded \(.+\)\. Check that they are complete image files\.$/,
  },
  {
    title: 'a PNG of 30,000 x 30,000',
    spoil: (folder) => dataset(folder, { 'huge.png': hugePng() }),
    words: ['eval', 'small.onnx', '--data', 'images'],
    says: /^The only image in .* cannot be used\. The reason: .*huge\.png has 30000 x 30000 pixels; the limit is 100 megapixels\. Check/,
  },
  // Outputs.
  {
    title: 'an output folder below a file',
    words: ['run', 'sweep.yaml', '--out', 'sweep.yaml/out'],
    says: /^Cannot write to .*sweep\.yaml\/out \(a part of the path is a file, not a folder\)\./,
  },
  {
    title: 'an output folder with a file in the place of the models',
    spoil: (folder) => {
      mkdirSync(join(folder, 'out'));
      writeFileSync(join(folder, 'out', 'models'), '');
    },
    words: run,
    says: /^Cannot write to .*out\/models \(there is a file of that name\)\./,
  },
  {
    title: 'an output folder without permission',
    spoil: (folder) => {
      mkdirSync(join(folder, 'locked'));
      chmodSync(join(folder, 'locked'), 0o555);
    },
    words: ['run', 'sweep.yaml', '--out', 'locked/out'],
    says: /^Cannot write to .*locked\/out \(permission denied\)\./,
    unless: isRoot,
  },
  {
    title: 'an output file in no folder',
    words: ['compress', 'small.onnx', '--recipe', 'fp16', '-o', 'none/x.onnx'],
    says: /^Cannot write to .*none\/x\.onnx \(the folder does not exist\)\./,
  },
  {
    title: 'an output file that is a folder',
    words: ['compress', 'small.onnx', '--recipe', 'fp16', '-o', 'images'],
    says: /^Cannot write to .*images \(there is a folder of that name\)\./,
  },
  // The journal.
  {
    title: 'a damaged journal',
    spoil: (folder) => {
      mkdirSync(join(folder, 'home'));
      writeFileSync(join(folder, 'home', 'whittle.db'), 'not a database '.repeat(100));
    },
    words: ['models'],
    says: /^The database .*whittle\.db cannot be read \(.+\)\. Move it away/,
  },
];

/** What may be left: the journal, whole artifacts, what is safe to delete, and the report of a run that began. */
const allowed = [
  /^(home|out)\/(whittle\.db|run\.)/,
  /^(home|out)\/artifacts\/([0-9a-f]{2})\/\2[0-9a-f]{62}\.onnx$/,
  /^(home|out)\/cache\/(hashes|crops|contents|steps)\/(?!.*\.tmp$)/,
  /^out\/(matrix\.csv|results\.json)$/,
];
const isAllowed = (path: string): boolean => allowed.some((pattern) => pattern.test(path));

describe('bad input', () => {
  for (const { title, spoil, words, says, code = 2, unless = false } of rows) {
    it.skipIf(unless)(`${title}${unless ? ' (skipped: root may write everywhere)' : ''}`, async () => {
      const folder = temporaryFolder();
      cpSync(laboratory, folder, { recursive: true });
      spoil?.(folder);
      const before = filesBelow(folder);

      const ended = await whittle(folder, ...words);
      const [sentence, ...others] = sentences(ended.stderr).filter(
        (line) => !/^(Only|The dataset has no labels)/.test(line),
      );
      expect(sentence).toMatch(says);
      expect(others).toEqual([]);
      expect(sentence).toMatch(/\.$/);
      expect(ended.stderr).not.toMatch(/\n\s+at |undefined|\[object|node:/);
      expect(ended.code).toBe(code);
      expect(filesBelow(folder).filter((path) => !before.includes(path) && !isAllowed(path))).toEqual([]);
    });
  }
});

it('a trial that cannot work fails alone, and the exit code says so', async () => {
  const folder = temporaryFolder();
  cpSync(laboratory, folder, { recursive: true });
  writeSweep(folder, { models: 'models: [small.onnx, fancy.onnx]', recipes: 'recipes: { baseline: [] }' });
  const graph = smallClassifier();
  graph.nodes[1]!.op = 'FancyRelu';
  writeModel(folder, 'fancy', graph);
  const ended = await whittle(folder, ...run);
  expect(ended.code).toBe(1);
  expect(ended.stdout).toMatch(/^fancy\/baseline: ONNX Runtime cannot load .*fancy\.onnx: .*FancyRelu/m);
  expect(ended.stderr).toMatch(/1 of 2 trials done/);
});

it('images that cannot be used are skipped and counted', async () => {
  const folder = temporaryFolder();
  cpSync(laboratory, folder, { recursive: true });
  writeFileSync(join(folder, 'images', 'val', 'image-000.jpg'), 'broken');
  writeFileSync(join(folder, 'images', 'val', 'huge.png'), hugePng());
  writeFileSync(
    join(folder, 'images', 'val.txt'),
    `${readFileSync(join(folder, 'images', 'val.txt'), 'utf8')}huge.png 0\n`,
  );
  const ended = await whittle(folder, 'eval', 'small.onnx', '--data', 'images', '--json');
  expect(ended.code).toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({ metrics: { n: 19, skipped: 2 } });
  expect(sentences(ended.stderr).sort()).toEqual([
    expect.stringMatching(/huge\.png has 30000 x 30000 pixels; .* The image is skipped\.$/),
    expect.stringMatching(/image-000\.jpg cannot be decoded \(.*\)\. The image is skipped\.$/),
  ]);
});
