import { AppError } from '@shared/errors';

/** What a compiled file says of itself, whoever compiled it. */
export interface ExecutablePackage {
  /** Least Edge TPU runtime that can load it. */
  minimumRuntime: number;
  /** Weights that are uploaded once and stay on the chip. */
  cachedBytes: number;
  /** Weights that are uploaded for every inference. */
  streamedBytes: number;
}

/** The custom operator's name, and the mark of the flatbuffer in its options. */
const operatorName = 'edgetpu-custom-op';
const identifier = 'DWN1';
/** Bytes before the mark: a flatbuffer begins with the place of its root. */
const rootBytes = 4;

/** Numbers of fields in libedgetpu's executable/executable.fbs. */
const packageFields = { minimumRuntime: 0, multiExecutable: 1 };
const executableFields = { parameters: 6, type: 13 };
const parameterCaching = 1;

/**
 * The executables within a compiled file; those of several custom operators are added up. Undefined where the file was not compiled.
 * @throws `coral.damaged` where it names the custom operator and its options are not what libedgetpu reads
 */
export function readExecutablePackage(bytes: Uint8Array, path: string): ExecutablePackage | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!file.includes(operatorName)) return undefined;
  const packages: ExecutablePackage[] = [];
  try {
    let at = file.indexOf(identifier);
    while (at >= 0) {
      const { found, end } = readPackage(file, at - rootBytes);
      packages.push(found);
      at = file.indexOf(identifier, Math.max(end, at + identifier.length));
    }
  } catch (thrown) {
    throw new AppError('coral.damaged', { path, detail: (thrown as Error).message }, { cause: thrown });
  }
  if (packages.length === 0) throw new AppError('coral.damaged', { path, detail: 'it holds no program' });
  const sum = (of: (one: ExecutablePackage) => number): number => packages.reduce((total, one) => total + of(one), 0);
  return {
    minimumRuntime: Math.max(...packages.map((one) => one.minimumRuntime)),
    cachedBytes: sum((one) => one.cachedBytes),
    streamedBytes: sum((one) => one.streamedBytes),
  };
}

function readPackage(file: Buffer, start: number): { found: ExecutablePackage; end: number } {
  const root = rootOf(file.subarray(Math.max(0, start)));
  const runtimeAt = root.field(packageFields.minimumRuntime);
  const multi = root.vector(packageFields.multiExecutable);
  const found = {
    minimumRuntime: runtimeAt === undefined ? 0 : root.bytes.readInt32LE(runtimeAt),
    cachedBytes: 0,
    streamedBytes: 0,
  };
  for (const bytes of vectorOfVectors(rootOf(multi), 0)) {
    const executable = rootOf(bytes);
    const type = executable.field(executableFields.type);
    const isCaching = type !== undefined && executable.bytes.readInt16LE(type) === parameterCaching;
    const size = executable.vector(executableFields.parameters).byteLength;
    found[isCaching ? 'cachedBytes' : 'streamedBytes'] += size;
  }
  return { found, end: multi.byteOffset + multi.byteLength - file.byteOffset };
}

interface Table {
  bytes: Buffer;
  /** Where a field lies; undefined: left out. */
  field(number: number): number | undefined;
  /** The bytes of a vector; empty where it is left out. */
  vector(number: number): Buffer;
}

/** Reads past the end throw: every place is checked by the buffer. */
function rootOf(bytes: Buffer): Table {
  return tableAt(bytes, bytes.readUInt32LE(0));
}

function tableAt(bytes: Buffer, at: number): Table {
  const vtable = at - bytes.readInt32LE(at);
  const vtableBytes = bytes.readUInt16LE(vtable);
  const field = (number: number): number | undefined => {
    const slot = 4 + 2 * number;
    const offset = slot + 2 <= vtableBytes ? bytes.readUInt16LE(vtable + slot) : 0;
    return offset === 0 ? undefined : at + offset;
  };
  return {
    bytes,
    field,
    vector(number) {
      const place = field(number);
      return place === undefined ? Buffer.alloc(0) : vectorAt(bytes, place, 1);
    },
  };
}

/** The contents of the vector that the offset at `place` leads to. */
function vectorAt(bytes: Buffer, place: number, elementBytes: number): Buffer {
  const start = place + bytes.readUInt32LE(place);
  const end = start + 4 + bytes.readUInt32LE(start) * elementBytes;
  if (end > bytes.byteLength) throw new RangeError(`a vector ends at byte ${end} of ${bytes.byteLength}`);
  return bytes.subarray(start + 4, end);
}

function* vectorOfVectors({ bytes, field }: Table, number: number): Generator<Buffer> {
  const place = field(number);
  if (place === undefined) return;
  const start = place + bytes.readUInt32LE(place) + 4;
  const { byteLength } = vectorAt(bytes, place, 4);
  for (let at = start; at < start + byteLength; at += 4) yield vectorAt(bytes, at, 1);
}
