import { formatBytes, formatCount } from '@shared/format';
import { inspectModel } from '../../main/engine/models/inspect-model';
import { locateModel } from '../../main/engine/models/model-folder';
import type { Command } from '../arguments';
import { openSession } from '../session';
import { textTable } from '../text-table';

export const inspect: Command = {
  name: 'inspect',
  usage: 'MODEL',
  summary: 'what a model file holds: input, output, operators, layers, parameters, MACs',
  options: { layers: { type: 'boolean', help: 'list every layer with parameters or MACs' } },
  async run(arguments_) {
    const engine = await openSession(arguments_);
    try {
      const found = await inspectModel(locateModel(arguments_.positionals[0]!, engine.modelFolder()));
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
          `  written by  ${found.producer || 'unknown'}, opset ${found.opset}`,
          `  input       ${value(found.input)}`,
          `  output      ${value(found.output)}`,
          `  parameters  ${found.params.toLocaleString('en')} (${found.nonZeroParams.toLocaleString('en')} not zero)`,
          `  MACs        ${found.macs.toLocaleString('en')} at batch 1`,
          `  operators   ${operators.map(([name, count]) => `${name} ${count}`).join(', ')}`,
          `  card        ${found.card ? 'yes' : 'none: give --preprocess, or write one'}`,
          '',
        ].join('\n'),
      );
      if (arguments_.flag('layers')) {
        const rows = found.layers
          .filter((layer) => layer.params > 0 || layer.macs > 0)
          .map((layer) => [
            layer.name,
            layer.op,
            layer.outputShape.join(' × '),
            formatCount(layer.params),
            formatCount(layer.macs),
          ]);
        const columns = [
          { title: 'layer' },
          { title: 'operator' },
          { title: 'output' },
          { title: 'parameters', align: 'right' as const },
          { title: 'MACs', align: 'right' as const },
        ];
        process.stdout.write(`\n${textTable(columns, rows)}`);
      }
      return 0;
    } finally {
      engine.close();
    }
  },
};
