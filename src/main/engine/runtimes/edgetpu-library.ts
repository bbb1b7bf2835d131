import { delegateProblem, parseEdgeTpuVersion, type EdgeTpuVersion } from '../coral/edgetpu-version';
import { askVersion, koffi, openLibrary } from './native';
import { edgetpuLibrary } from './native-libraries';
import type { Pointer } from './tflite-library';

/** As libedgetpu lists it. */
export interface EdgeTpuDevice {
  connection: 'usb' | 'pci';
  /** "/sys/bus/usb/devices/2-1" */
  path: string;
}

export interface EdgeTpuFunctions {
  /** Where the library was found. */
  path: string;
  /** "BuildLabel(x), RuntimeVersion(14)" */
  version(): string;
  listDevices(): EdgeTpuDevice[];
  /** A delegate that runs on this device; null where it cannot be opened. */
  createDelegate(device: EdgeTpuDevice, options: Record<string, string>): Pointer;
  freeDelegate(delegate: Pointer): void;
}

/** enum edgetpu_device_type. */
const connections = ['pci', 'usb'] as const;

const versionDeclaration = 'const char *edgetpu_version()';

/** What the library that is found now says of its version, and where it is. Throws `runtime.unavailable`. */
export const askEdgeTpuVersion = (): { path: string; version: string } =>
  askVersion(edgetpuLibrary, versionDeclaration);

let bound: EdgeTpuFunctions | undefined;

/** The C interface of libedgetpu (edgetpu_c.h) as functions. Throws `runtime.unavailable`. A process that has loaded it keeps it. */
export function edgetpuFunctions(): EdgeTpuFunctions {
  bound ??= bind();
  return bound;
}

function bind(): EdgeTpuFunctions {
  const { handle, path } = openLibrary(edgetpuLibrary);
  const { struct, array, decode } = koffi();
  struct('edgetpu_device', { type: 'int', path: 'const char *' });
  struct('edgetpu_option', { name: 'const char *', value: 'const char *' });
  const get = (declaration: string) => handle.func(declaration) as never;
  const list: (count: number[]) => Pointer = get('edgetpu_device *edgetpu_list_devices(_Out_ size_t *count)');
  const free: (devices: Pointer) => void = get('void edgetpu_free_devices(edgetpu_device *devices)');
  const create: (type: number, name: string, options: { name: string; value: string }[], count: number) => Pointer =
    get('void *edgetpu_create_delegate(int type, const char *name, const edgetpu_option *options, size_t count)');
  return {
    path,
    version: get(versionDeclaration),
    listDevices() {
      const count = [0];
      const devices = list(count);
      const length = Number(count[0]);
      if (devices === null || length === 0) return [];
      const found = decode(devices, array('edgetpu_device', length)) as { type: number; path: string }[];
      free(devices);
      return found.map((device) => ({ connection: connections[device.type] ?? 'pci', path: device.path }));
    },
    createDelegate({ connection, path: name }, options) {
      const given = Object.entries(options).map(([option, value]) => ({ name: option, value }));
      return create(connections.indexOf(connection), name, given, given.length);
    },
    freeDelegate: get('void edgetpu_free_delegate(void *delegate)'),
  };
}

/** A library's version, once it is known that it may become a delegate of this TensorFlow Lite. Throws `coral.*` where it may not. */
export function checkedVersion({ version, path }: { version: string; path: string }, tflite: string): EdgeTpuVersion {
  const problem = delegateProblem(version, tflite, path);
  if (problem) throw problem;
  return parseEdgeTpuVersion(version)!;
}
