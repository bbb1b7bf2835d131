import type { Engine } from '../main/engine/create-engine';
import type { Arguments, OptionSpec } from './arguments';
import type { ProgressLine } from './progress-line';

export const serverOption: Record<string, OptionSpec> = {
  server: {
    type: 'string',
    value: 'URL',
    help: 'steps may be done by agents that meet at this NATS server ("whittle agent")',
  },
};

/** With `--server`, agents may do steps; what is to be said of the server comes in lines of their own. Throws `agents.server`. */
export async function joinMachines({ machines }: Engine, arguments_: Arguments, line: ProgressLine): Promise<void> {
  const server = arguments_.text('server');
  if (server === undefined) return;
  machines.onSentence((sentence) => {
    line.clear();
    process.stderr.write(`${sentence}\n`);
  });
  await machines.connect(server);
}
