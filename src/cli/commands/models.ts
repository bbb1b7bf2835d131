import { formatBytes } from '@shared/format';
import { listModels } from '../../main/engine/models/model-folder';
import { usageError, type Command } from '../arguments';
import { openSession } from '../session';
import { textTable } from '../text-table';
import { tryModel } from '../try-model';

export const models: Command = {
  name: 'models',
  usage: '[try] [MODEL]',
  summary: 'the models of the model folder; with try: what each usual preprocessing gives on labelled images',
  options: {
    data: { type: 'string', value: 'DIR', help: 'with try: dataset; up to 64 of its calibration images are used' },
    seed: { type: 'string', value: 'N', help: 'with try: which images (1)' },
  },
  async run(arguments_) {
    const [action, model] = arguments_.positionals;
    if (action !== undefined && action !== 'try') throw usageError(models, `it knows "try", not "${action}"`);
    if (action === 'try') {
      if (model === undefined) throw usageError(models, 'MODEL is missing');
      return tryModel(model, arguments_);
    }
    const engine = await openSession(arguments_);
    try {
      const folder = engine.modelFolder();
      const found = await listModels(folder);
      for (const problem of found.problems) process.stderr.write(`${problem}\n`);
      if (arguments_.flag('json')) {
        process.stdout.write(`${JSON.stringify({ folder, ...found }, null, 2)}\n`);
      } else if (found.models.length === 0) {
        process.stdout.write(`No models in ${folder}. Put .onnx files there, or name another folder with --zoo DIR.\n`);
      } else {
        const rows = found.models.map(({ name, title, sizeBytes, card }) => [
          name,
          title,
          formatBytes(sizeBytes),
          card ? `${card.input.height}x${card.input.width}` : '',
          card ? String(card.output.classes) : 'no card: preprocessing unknown',
        ]);
        const columns = [
          { title: 'name' },
          { title: 'title' },
          { title: 'size', align: 'right' as const },
          { title: 'input' },
          { title: 'classes' },
        ];
        process.stdout.write(`${folder}\n\n${textTable(columns, rows)}`);
      }
      return 0;
    } finally {
      engine.close();
    }
  },
};
