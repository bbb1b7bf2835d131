import { describe, expect, it } from 'vitest';
import { AppError } from '@shared/errors';
import { commandHelp, parseArguments, type Command } from '../../../src/cli/arguments';
import { commands } from '../../../src/cli/commands';

const command: Command = {
  name: 'bake',
  usage: 'CAKE [OVEN]',
  summary: 'bakes',
  options: {
    heat: { type: 'string', value: 'N', help: 'degrees (200)' },
    out: { type: 'string', short: 'o', value: 'DIR', help: 'where to' },
    slow: { type: 'boolean', help: 'slowly' },
  },
  run: () => Promise.resolve(0),
};

const problem = (
  words: string[],
  use: (parsed: ReturnType<typeof parseArguments>) => unknown = () => undefined,
): string => {
  try {
    use(parseArguments(command, words));
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AppError);
    expect((thrown as AppError).code).toBe('usage');
    return (thrown as AppError).message;
  }
  return 'no problem';
};

describe('parseArguments', () => {
  it('reads positionals and options in any order', () => {
    const parsed = parseArguments(command, ['-o', 'plate', 'pie', '--slow', 'gas', '--heat=180']);
    expect(parsed.positionals).toEqual(['pie', 'gas']);
    expect(parsed.text('out')).toBe('plate');
    expect(parsed.integer('heat', 0, 300)).toBe(180);
    expect(parsed.flag('slow')).toBe(true);
    expect(parsed.flag('json')).toBe(false);
    expect(parsed.text('zoo')).toBeUndefined();
    expect(parsed.integer('zoo', 0, 1)).toBeUndefined();
  });

  it.each([
    [[], 'bake: CAKE is missing.'],
    [['a', 'b', 'c'], 'bake: "c" is one argument too many.'],
    [['a', '--fast'], 'bake: Unknown option "--fast".'],
    [['a', '-x'], 'bake: Unknown option "-x".'],
    [['a', '--heat'], 'bake: --heat needs a value.'],
    [['a', '--heat', '--slow'], 'bake: --heat needs a value.'],
    [['a', '-o'], 'bake: --out needs a value.'],
    [['a', '-o', '--slow'], 'bake: -o needs a value.'],
    [['a', '--slow=yes'], 'bake: --slow takes no value.'],
  ])('%j: %s', (words, sentence) => expect(problem(words)).toBe(`${sentence} "whittle --help" shows the commands.`));

  it.each(['301', '-1', '1.5', 'hot', '', ' ', '0x10', '1e2'])('--heat %j is out of range', (text) =>
    expect(problem(['a', `--heat=${text}`], (parsed) => parsed.integer('heat', 0, 300))).toBe(
      `bake: --heat takes a whole number from 0 to 300, not "${text}". "whittle --help" shows the commands.`,
    ),
  );

  it.each([
    [['a', '--fill'], ''],
    [['--fill', 'a'], ''],
    [['--fill', '1,2', 'a'], '1,2'],
    [['a', '--fill', '--slow'], ''],
    [['a', '--fill=jam'], 'jam'],
    [['a'], undefined],
  ])('%j: a value that may be left out is %j', (words, value) => {
    const own: Command = {
      ...command,
      options: { ...command.options, fill: { type: 'string', value: '[N]', optional: /^[\d,]+$/, help: 'fill' } },
    };
    const parsed = parseArguments(own, words);
    expect(parsed.text('fill')).toBe(value);
    expect(parsed.positionals).toEqual(['a']);
  });

  it('asks for nothing when only help is wanted', () => {
    expect(parseArguments(command, ['--help']).flag('help')).toBe(true);
    expect(parseArguments(command, ['-h']).flag('help')).toBe(true);
  });

  it("lets a command's own option take the place of a common one", () => {
    const own: Command = { ...command, options: { json: { type: 'string', value: 'FILE', help: 'write' } } };
    expect(parseArguments(own, ['a', '--json', 'x.json']).text('json')).toBe('x.json');
  });
});

describe('help', () => {
  it('lists every option with its value', () => {
    const help = commandHelp(command);
    expect(help).toMatch(/^whittle bake CAKE \[OVEN\]\n\nbakes\n/);
    for (const line of ['--json', '--zoo DIR', '-h, --help', '--heat N', '-o, --out DIR', '--slow'])
      expect(help).toContain(line);
  });

  it.each(commands.map((each) => [each.name, each] as const))(
    '%s has a summary, help for each option, and fits in 110 columns',
    (_name, each) => {
      expect(each.summary).not.toBe('');
      for (const [name, option] of Object.entries(each.options)) {
        expect(option.help, name).not.toBe('');
        if (option.type === 'string') expect(option.value, `${name} shows what it takes`).toBeTruthy();
      }
      for (const line of commandHelp(each).split('\n')) expect(line.length, line).toBeLessThanOrEqual(110);
    },
  );

  it('names no command twice', () => expect(new Set(commands.map((each) => each.name)).size).toBe(commands.length));
});
