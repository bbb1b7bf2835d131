import { koffi } from './native';
import type { Pointer, TfliteFunctions } from './tflite-library';

type Format = (text: Buffer, size: number, format: string, values: Pointer) => number;

const libraries: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libc.so.6',
  darwin: '/usr/lib/libSystem.B.dylib',
  win32: 'msvcrt.dll',
};
const longestMessage = 2000;

/** What the library reports, in the order it does, in place of its lines on standard error. */
export class TfliteMessages {
  private readonly lines: string[] = [];
  private reporter: bigint | undefined;

  constructor(private readonly library: Pick<TfliteFunctions, 'registerReporter' | 'setErrorReporter'>) {}

  /** Listens to interpreters that are made with these options. */
  attach(options: Pointer): void {
    this.reporter ??= this.library.registerReporter((_userData, format, values) => {
      this.lines.push(formatted(format, values));
      return 0;
    });
    this.library.setErrorReporter(options, this.reporter, null);
  }

  /** What was reported since the last call, as one clause. */
  take(): string {
    const text = this.lines.splice(0).map((line) => line.trim().replace(/\.$/, ''));
    return [...new Set(text)].filter(Boolean).join('; ');
  }

  detach(): void {
    if (this.reporter !== undefined) koffi().unregister(this.reporter);
    this.reporter = undefined;
  }
}

let format: Format | undefined;

/** Where the C library's formatting is not to be had, the format itself says enough. */
function formatted(pattern: string, values: Pointer): string {
  try {
    const name = process.platform === 'win32' ? '_vsnprintf' : 'vsnprintf';
    format ??= koffi()
      .load(libraries[process.platform] ?? null)
      .func(`int ${name}(void *text, size_t size, const char *format, void *values)`) as Format;
    const text = Buffer.alloc(longestMessage);
    format(text, text.length - 1, pattern, values);
    return text.toString('utf8', 0, text.indexOf(0));
  } catch {
    return pattern;
  }
}
