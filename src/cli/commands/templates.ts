import { formatSweep } from '../../main/engine/sweep/write-sweep';
import { sweepTemplates } from '../../main/engine/techniques/templates';
import type { Command } from '../arguments';
import { openSession } from '../session';
import { templateOptions, templateSweep } from '../template-sweep';
import { trainingFolder } from '../training-option';
import { textTable } from '../text-table';

export const templates: Command = {
  name: 'templates',
  usage: '[TEMPLATE]',
  summary: 'the templates a sweep may begin with; with --data, one as a sweep file',
  options: templateOptions,
  async run(arguments_) {
    const [id] = arguments_.positionals;
    if (id === undefined) {
      const all = sweepTemplates();
      const rows = all.map((template) => [template.id, template.summary]);
      const columns = [{ title: 'template' }, { title: 'what it is for' }];
      process.stdout.write(arguments_.flag('json') ? `${JSON.stringify(all, null, 2)}\n` : textTable(columns, rows));
      return 0;
    }
    const engine = await openSession(arguments_);
    try {
      const words = {
        models: arguments_.text('models'),
        data: arguments_.text('data'),
        ...trainingFolder(arguments_),
      };
      const sweep = await templateSweep(engine, id, words);
      process.stdout.write(
        arguments_.flag('json') ? `${JSON.stringify(sweep, null, 2)}\n` : formatSweep(sweep, `${id}.sweep.yaml`),
      );
      return 0;
    } finally {
      engine.close();
    }
  },
};
