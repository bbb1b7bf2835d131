import { AppError, toAppError } from '@shared/errors';
import { nearestName } from '@shared/nearest-name';
import { whittleVersion } from '../main/engine/version';
import { commandHelp, parseArguments } from './arguments';
import { commands } from './commands';

/** Exit codes: 0 done, 1 a trial failed, 2 bad input, 130 interrupted. */
async function main(words: string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(generalHelp());
    if (name === undefined) throw new AppError('usage', { detail: 'No command is given' });
    return 0;
  }
  if (name === '--version' || name === '-V') {
    process.stdout.write(`${whittleVersion}\n`);
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) {
    const near = nearestName(
      name,
      commands.map((candidate) => candidate.name),
    );
    throw new AppError('usage', { detail: `Unknown command "${name}"${near ? `; did you mean "${near}"?` : ''}` });
  }
  const arguments_ = parseArguments(command, rest);
  if (arguments_.flag('help')) {
    process.stdout.write(commandHelp(command));
    return 0;
  }
  return command.run(arguments_);
}

function generalHelp(): string {
  const rows = commands.map(({ name, usage, summary }) => `  ${`${name} ${usage}`.trim().padEnd(30)}${summary}`);
  return `whittle ${whittleVersion}: compresses image classifiers and measures what ships\n\n${rows.join('\n')}\n\n"whittle COMMAND --help" shows the options of a command.\n`;
}

/** Standard output may be a pipe that needs time: the code is set, and the process ends when everything is written. */
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const error = toAppError(thrown);
  process.stderr.write(`${error.message}\n`);
  if (error.code === 'internal' && process.env.WHITTLE_DEBUG) process.stderr.write(`${(thrown as Error).stack}\n`);
  process.exitCode =
    error.code === 'cancelled' ? 130 : error.code === 'internal' || error.code === 'worker.crashed' ? 1 : 2;
}
