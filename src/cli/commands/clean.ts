import { parseByteSize } from '@shared/byte-size';
import { formatBytes, formatCounted } from '@shared/format';
import { usageError, type Command } from '../arguments';
import { openSession } from '../session';

export const clean: Command = {
  name: 'clean',
  usage: '',
  summary: 'remove files that can be made again, the least recently used first; numbers and starred trials stay',
  options: {
    budget: { type: 'string', value: 'SIZE', help: 'what may stay, as in 20GB (the disk budget of the settings)' },
    out: { type: 'string', value: 'DIR', help: 'the folder given to run --out' },
  },
  async run(arguments_) {
    const asked = arguments_.text('budget');
    const given = asked === undefined ? undefined : parseByteSize(asked);
    const engine = await openSession(arguments_, { workspace: arguments_.text('out') });
    try {
      engine.runs.recover();
      const budgetBytes = given ?? engine.settings().diskBudgetBytes;
      if (budgetBytes === null) throw usageError(clean, 'no disk budget is set; say what may stay with --budget 20GB');
      const result = await engine.collect(budgetBytes);
      const { freedBytes, files, keptBytes, neededBytes } = result;
      if (arguments_.flag('json')) {
        process.stdout.write(`${JSON.stringify({ budgetBytes, ...result }, null, 2)}\n`);
        return 0;
      }
      const what = formatCounted(files, 'file');
      const over =
        keptBytes > budgetBytes
          ? ` That is over the budget of ${formatBytes(budgetBytes)}: ${formatBytes(neededBytes)} are of starred trials, measured beside, or also in results folders.\n`
          : '\n';
      process.stdout.write(`Freed ${formatBytes(freedBytes)} (${what}). ${formatBytes(keptBytes)} are kept.${over}`);
      return 0;
    } finally {
      engine.close();
    }
  },
};
