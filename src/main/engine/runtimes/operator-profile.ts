import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OperatorTime } from './runtime';

const kernelSuffix = '_kernel_time';

interface TraceEvent {
  cat: string;
  name: string;
  /** Microseconds. */
  dur: number;
  args?: { op_name?: string };
}

/** The operators in a profile as ONNX Runtime writes it: a JSON array of Chrome trace events. */
function parseProfile(text: string): OperatorTime[] {
  const events = JSON.parse(text) as TraceEvent[];
  return events.flatMap(({ cat, name, dur, args }) =>
    cat === 'Node' && name.endsWith(kernelSuffix)
      ? [{ name: name.slice(0, -kernelSuffix.length), op: args?.op_name ?? '', milliseconds: dur / 1000 }]
      : [],
  );
}

/** The file ONNX Runtime profiles one session into; it adds a time to the name it is given. */
export class OperatorProfile {
  private constructor(private readonly folder: string) {}

  static async create(): Promise<OperatorProfile> {
    return new OperatorProfile(await mkdtemp(join(tmpdir(), 'whittle-profile-')));
  }

  get prefix(): string {
    return join(this.folder, 'session');
  }

  async read(): Promise<OperatorTime[]> {
    const [file] = await readdir(this.folder);
    return file === undefined ? [] : parseProfile(await readFile(join(this.folder, file), 'utf8'));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
