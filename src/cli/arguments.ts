import { parseArgs } from 'node:util';
import { AppError } from '@shared/errors';
import { wrapText } from './wrap-text';

export interface OptionSpec {
  type: 'string' | 'boolean';
  short?: string;
  /** Name of the value in the help: `DIR`. */
  value?: string;
  /** The value may be left out, and is '' then: what follows is taken for it only where it fits. */
  optional?: RegExp;
  help: string;
}

/** A command as data: the help and the parser both come from it. */
export interface Command {
  name: string;
  /** Positional arguments as shown: `SWEEP.yaml`, `[TECHNIQUE]`; the last may be given several times where it ends in `...`. */
  usage: string;
  summary: string;
  options: Record<string, OptionSpec>;
  /** @returns the exit code */
  run(arguments_: Arguments): Promise<number>;
}

export interface Arguments {
  positionals: string[];
  text(name: string): string | undefined;
  flag(name: string): boolean;
  /** A whole number in a range, or undefined. @throws `usage` */
  integer(name: string, least: number, most: number): number | undefined;
}

/** Options of every command; a command's own option of the same name goes before. */
const commonOptions: Record<string, OptionSpec> = {
  json: { type: 'boolean', help: 'print the whole result as JSON on standard output' },
  zoo: { type: 'string', value: 'DIR', help: 'folder where model names are looked up' },
  preprocess: { type: 'string', value: 'NAME', help: 'for models without a card: imagenet, tf, unit, raw or caffe' },
  order: {
    type: 'string',
    value: 'RGB',
    help: 'for models without a card: order of the channels, RGB (the usual), BGR or gray',
  },
  size: {
    type: 'string',
    value: 'HxW',
    help: 'for models without a card: size of the images where any fits, 224 or 48x192',
  },
  scores: {
    type: 'string',
    value: 'NAME',
    help: 'for models without a card: the output that holds the class scores',
  },
  help: { type: 'boolean', short: 'h', help: 'show this help' },
};

/** @throws `usage` with the first thing that is wrong */
export function parseArguments(command: Command, words: string[]): Arguments {
  const options = { ...commonOptions, ...command.options };
  const wanted = command.usage.split(' ').filter(Boolean);
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    const config = Object.fromEntries(
      Object.entries(options).map(([name, { type, short }]) => [name, short ? { type, short } : { type }]),
    );
    parsed = parseArgs({ args: withEmptyValues(words, options), options: config, allowPositionals: true });
  } catch (thrown) {
    throw usageError(command, parsingProblem(thrown as NodeJS.ErrnoException));
  }
  const { values, positionals } = parsed;
  const least = wanted.filter((word) => !word.startsWith('[')).length;
  if (!values.help && positionals.length < least) throw usageError(command, `${wanted[positionals.length]} is missing`);
  if (positionals.length > wanted.length && !wanted.at(-1)?.endsWith('...'))
    throw usageError(command, `"${positionals[wanted.length]}" is one argument too many`);
  return {
    positionals,
    text: (name) => values[name] as string | undefined,
    flag: (name) => values[name] === true,
    integer(name, from, to) {
      const text = values[name] as string | undefined;
      if (text === undefined) return undefined;
      const value = Number(text);
      if (/^-?\d+$/.test(text) && value >= from && value <= to) return value;
      throw usageError(command, `--${name} takes a whole number from ${from} to ${to}, not "${text}"`);
    },
  };
}

/** Words with `--name=VALUE` for options whose value may be left out. */
function withEmptyValues(words: readonly string[], options: Command['options']): string[] {
  const result: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const pattern = word.startsWith('--') ? options[word.slice(2)]?.optional : undefined;
    if (pattern === undefined) result.push(word);
    else result.push(`${word}=${pattern.test(words[at + 1] ?? '') ? words[++at]! : ''}`);
  }
  return result;
}

/** Node's messages go on with several lines of advice; ours say less. */
function parsingProblem({ code, message }: NodeJS.ErrnoException): string {
  const option = /'(?:-\w, )?(-[^' ,]*)/.exec(message)?.[1] ?? '';
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `Unknown option "${option}"`;
  return message.includes('does not take an argument') ? `${option} takes no value` : `${option} needs a value`;
}

export function usageError(command: Command, detail: string): AppError {
  return new AppError('usage', { detail: `${command.name}: ${detail}` });
}

const helpIndent = ' '.repeat(26);
const helpColumns = 110;

export function commandHelp(command: Command): string {
  const rows = Object.entries({ ...commonOptions, ...command.options }).map(([name, { short, value, help }]) => {
    const flag = `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`;
    return `  ${flag.padEnd(24)}${wrapText(help, helpIndent, helpColumns)}`;
  });
  return `whittle ${command.name} ${command.usage}\n\n${command.summary}\n\n${rows.join('\n')}\n`;
}
