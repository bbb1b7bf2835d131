import { describe, expect, it } from 'vitest';
import {
  compiledForNewer,
  delegateProblem,
  edgeTpuVersionText,
  parseEdgeTpuVersion,
} from '../../../src/main/engine/coral/edgetpu-version';

describe('parseEdgeTpuVersion', () => {
  it('reads what libedgetpu answers', () => {
    const text =
      'BuildLabel(COMPILER=6.3.0 20170516,DATE=redacted,TIME=redacted,CL_NUMBER=392149653), RuntimeVersion(14)';
    expect(parseEdgeTpuVersion(text)).toMatchObject({ runtimeVersion: 14, isStandIn: false });
    const standIn = parseEdgeTpuVersion('BuildLabel(whittle stand-in), RuntimeVersion(14)')!;
    expect(edgeTpuVersionText(standIn)).toBe('runtime 14 (stand-in, no Edge TPU)');
  });

  it.each(['', 'RuntimeVersion(14)', 'BuildLabel(x), RuntimeVersion()', 'BuildLabel(x), RuntimeVersion(99999999)'])(
    'makes nothing of "%s"',
    (text) => expect(parseEdgeTpuVersion(text)).toBeUndefined(),
  );
});

describe('delegateProblem', () => {
  it.each([
    ['BuildLabel(x), RuntimeVersion(14)', '2.5.0', 'linux', undefined],
    ['BuildLabel(x), RuntimeVersion(14)', '2.11.1', 'linux', undefined],
    ['BuildLabel(x), RuntimeVersion(14)', '2.12.0', 'linux', 'coral.tflite-new'],
    ['BuildLabel(x), RuntimeVersion(14)', '3.0.0', 'win32', 'coral.tflite-new'],
    ['BuildLabel(x), RuntimeVersion(14)', '2.9.1', 'darwin', undefined],
    ['BuildLabel(x), RuntimeVersion(14)', '2.10.0', 'darwin', 'coral.tflite-new'],
    ['BuildLabel(x), RuntimeVersion(9)', '2.9.0', 'linux', 'coral.runtime-old'],
    ['2.9.0', '2.9.0', 'linux', 'coral.library-unknown'],
  ] as const)('%s in TensorFlow Lite %s on %s: %s', (text, tflite, platform, code) => {
    expect(delegateProblem(text, tflite, '/lib/libedgetpu.so.1', platform)?.code).toBe(code);
  });
});

describe('compiledForNewer', () => {
  it('refuses a file that needs more than the library has', () => {
    const version = parseEdgeTpuVersion('BuildLabel(x), RuntimeVersion(13)')!;
    expect(compiledForNewer(version, 13, 'a.tflite')).toBeUndefined();
    expect(compiledForNewer(version, 14, 'a.tflite')?.message).toMatch(
      /a\.tflite was compiled for Edge TPU runtime 14/,
    );
  });
});
