import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilerReportSchema } from '@shared/edgetpu';
import { parseCompilerLog } from '../../../src/main/engine/formats/edgetpu/parse-compiler-log';
import { compilerLogs } from '../../fixtures/coral/compiler-logs';

describe('parseCompilerLog', () => {
  it.each(compilerLogs)('$from', ({ text, report }) => {
    expect(parseCompilerLog(text)).toEqual(report);
  });

  it('makes a valid report of any text, and of any part of a log', () => {
    const part = fc
      .tuple(fc.constantFrom(...compilerLogs), fc.nat(4000), fc.nat(4000))
      .map(([{ text }, from, to]) => text.slice(Math.min(from, to), Math.max(from, to)));
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 300 }), part), (text) => {
        const report = parseCompilerLog(text);
        expect(compilerReportSchema.parse(report)).toEqual(report);
      }),
    );
  });
});
