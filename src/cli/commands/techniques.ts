import { parameterRows } from '../../main/engine/techniques/parameter-rows';
import { describeTechniques, findTechnique } from '../../main/engine/techniques/registry';
import { techniquesMarkdown } from '../../main/engine/techniques/techniques-markdown';
import type { Command } from '../arguments';
import { textTable } from '../text-table';

export const techniques: Command = {
  name: 'techniques',
  usage: '[TECHNIQUE]',
  summary: 'the techniques, or the parameters of one',
  options: { markdown: { type: 'boolean', help: 'as the page docs/techniques.md' } },
  run(arguments_) {
    const wanted = arguments_.positionals[0];
    const all = describeTechniques();
    const chosen = wanted === undefined ? all : all.filter(({ id }) => id === findTechnique(wanted).id);
    if (arguments_.flag('json')) process.stdout.write(`${JSON.stringify(chosen, null, 2)}\n`);
    else if (arguments_.flag('markdown')) process.stdout.write(techniquesMarkdown(all));
    else if (wanted === undefined) {
      const rows = all.map(({ id, family, summary }) => [id, family, summary]);
      process.stdout.write(textTable([{ title: 'technique' }, { title: 'family' }, { title: 'what it does' }], rows));
    } else {
      for (const technique of chosen) {
        process.stdout.write(`${technique.id}: ${technique.title}\n${technique.summary}\n\n`);
        const rows = parameterRows(technique).map(({ name, allowed, fallback, help }) => [
          name,
          allowed,
          fallback,
          help,
        ]);
        const columns = [{ title: 'parameter' }, { title: 'allowed' }, { title: 'default' }, { title: 'meaning' }];
        process.stdout.write(rows.length > 0 ? textTable(columns, rows) : 'It has no parameters.\n');
      }
    }
    return Promise.resolve(0);
  },
};
