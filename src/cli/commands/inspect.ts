import { formatBytes, formatCount } from '@shared/format';
import type { ModelInspection } from '@shared/contract';
import { inspectPackage, packageText } from '../../main/engine/formats/coreml/inspect-package';
import { inspectTflite, type TfliteInspection } from '../../main/engine/formats/tflite/inspect-tflite';
import { tfliteInspectionText } from '../../main/engine/formats/tflite/inspection-text';
import { inspectModel } from '../../main/engine/models/inspect-model';
import { modelChannels } from '../../main/engine/models/model-channels';
import { modelIdentity } from '../../main/engine/models/model-identity';
import { formatOfModel } from '../../main/engine/models/model-format';
import { locateModel } from '../../main/engine/models/model-folder';
import type { Engine } from '../../main/engine/create-engine';
import { openDataset } from '../../main/engine/dataset/open-dataset';
import type { Arguments, Command } from '../arguments';
import { channelsText } from '../channels-text';
import { runJob } from '../foreground-job';
import { inspectForEdgeTpu } from '../inspect-edgetpu';
import { layersText } from '../layers-text';
import { openNamedModel, openSession } from '../session';
import { textTable } from '../text-table';

const usualCalibration = 32;

export const inspect: Command = {
  name: 'inspect',
  usage: 'MODEL',
  summary: 'what a model file holds: input, output, operators, layers, parameters, MACs',
  options: {
    layers: { type: 'boolean', help: 'list every layer with parameters or MACs' },
    edgetpu: { type: 'boolean', help: 'of a .tflite file: an estimate of what an Edge TPU runs, operator by operator' },
    channels: { type: 'boolean', help: 'list the channels that can only be removed together, and the layers they tie' },
    vs: { type: 'string', value: 'ORIGINAL', help: 'compare layer by layer with the model it came from' },
    data: {
      type: 'string',
      value: 'DIR',
      help: 'with --vs: dataset whose calibration images the layers are compared on',
    },
    calibration: {
      type: 'string',
      value: 'N',
      help: `with --data: calibration images (${usualCalibration}, or as many as there are)`,
    },
    seed: { type: 'string', value: 'N', help: 'with --data: seed of the images (1)' },
  },
  async run(arguments_) {
    if (arguments_.flag('edgetpu')) return inspectForEdgeTpu(arguments_);
    const engine = await openSession(arguments_);
    try {
      const vs = arguments_.text('vs');
      if (vs !== undefined) return await compare(engine, vs, arguments_);
      if (arguments_.flag('channels')) return await channels(engine, arguments_);
      const path = locateModel(arguments_.positionals[0]!, engine.modelFolder());
      if (/\.mlpackage\/?$/i.test(path)) return await inspectFolder(path, arguments_);
      if (formatOfModel(path) === 'tflite') return await inspectFile(path, arguments_);
      const found = await inspectModel(path);
      if (arguments_.flag('json')) {
        process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
        return 0;
      }
      const value = ({ name, type, shape }: typeof found.input): string => `${name}  ${type} [${shape.join(', ')}]`;
      const operators = Object.entries(found.operators).sort((a, b) => b[1] - a[1]);
      process.stdout.write(
        [
          `${found.path}`,
          `  bytes       ${found.sizeBytes.toLocaleString('en')} (${formatBytes(found.sizeBytes)})`,
          `  sha256      ${found.sha256}`,
          ...(found.files.length > 1 ? [`  files       ${found.files.join(', ')}`] : []),
          `  written by  ${found.producer || 'unknown'}, opset ${found.opset}`,
          ...found.inputs.map((input) => `  input       ${value(input)}`),
          ...found.outputs.map((output) => `  output      ${value(output)}`),
          ...classifierLines(found),
          `  parameters  ${found.params.toLocaleString('en')} (${found.nonZeroParams.toLocaleString('en')} not zero)`,
          `  MACs        ${found.macs.toLocaleString('en')} at batch 1`,
          `  operators   ${operators.map(([name, count]) => `${name} ${count}`).join(', ')}`,
          `  card        ${found.card ? 'yes' : 'none: give --preprocess, or write one'}`,
          '',
        ].join('\n'),
      );
      if (arguments_.flag('layers')) process.stdout.write(`\n${layerTable(found.layers)}`);
      return 0;
    } finally {
      engine.close();
    }
  },
};

/** Of a TensorFlow Lite file. */
async function inspectFile(path: string, arguments_: Arguments): Promise<number> {
  const found = await inspectTflite(path);
  if (arguments_.flag('json')) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  else {
    process.stdout.write(tfliteInspectionText(found));
    if (arguments_.flag('layers')) process.stdout.write(`\n${layerTable(found.layers)}`);
  }
  return 0;
}

/** Of a Core ML package. */
async function inspectFolder(path: string, arguments_: Arguments): Promise<number> {
  const found = await inspectPackage(path);
  process.stdout.write(arguments_.flag('json') ? `${JSON.stringify(found, null, 2)}\n` : packageText(found));
  return 0;
}

/** Layers that hold or multiply something. */
function layerTable(layers: readonly (ModelInspection | TfliteInspection)['layers'][number][]): string {
  const rows = layers
    .filter((layer) => layer.params > 0 || layer.macs > 0)
    .map(({ name, op, outputShape, params, macs }) => [
      name,
      op,
      outputShape.join(' × '),
      formatCount(params),
      formatCount(macs),
    ]);
  const columns = [
    { title: 'layer' },
    { title: 'operator' },
    { title: 'output' },
    { title: 'parameters', align: 'right' as const },
    { title: 'MACs', align: 'right' as const },
  ];
  return textTable(columns, rows);
}

/** What is not plain from inputs and outputs. */
function classifierLines({ classifier, output, outputs }: ModelInspection): string[] {
  if ('problem' in classifier) return [`  classifier  no: ${classifier.problem}`];
  const isPlain = outputs.length === 1 && outputs[0]!.name === output.name;
  return isPlain ? [] : [`  scores      ${output.name}  [${output.shape.join(', ')}]`];
}

async function channels(engine: Engine, arguments_: Arguments): Promise<number> {
  const map = await modelChannels(locateModel(arguments_.positionals[0]!, engine.modelFolder()));
  process.stdout.write(arguments_.flag('json') ? `${JSON.stringify(map, null, 2)}\n` : channelsText(map));
  return 0;
}

async function compare(engine: Engine, vs: string, arguments_: Arguments): Promise<number> {
  const original = await openNamedModel(engine, vs, arguments_);
  const data = arguments_.text('data');
  const { cacheFolder } = engine.workspace;
  const seed = arguments_.integer('seed', 0, 2 ** 31) ?? 1;
  const asked = arguments_.integer('calibration', 1, 1000);
  const spec = { eval: 0, calibration: asked ?? usualCalibration, train: 0, seed };
  const dataset =
    data === undefined
      ? undefined
      : await openDataset({ path: data, ...spec }, { cacheFolder, upTo: asked === undefined ? ['calibration'] : [] });
  const candidate = locateModel(arguments_.positionals[0]!, engine.modelFolder());
  const file = await engine.contents.addModel(original);
  const report = await runJob(engine, {
    kind: 'layers',
    original: file,
    reference: file,
    candidate: await engine.contents.addModel({ path: candidate, ...(await modelIdentity(candidate)) }),
    card: original.card,
    calibration: await engine.contents.addImages(
      dataset?.calibration ?? { split: 'calibration', entries: [], alreadyResized: false },
    ),
    threads: engine.executor.threads,
  });
  process.stdout.write(arguments_.flag('json') ? `${JSON.stringify(report, null, 2)}\n` : layersText(report));
  return 0;
}
