import { libraryHint } from '../coral/remedies';
import type { NativeLibrary } from './locate-library';

/** As the files of each platform are called: "libNAME.so", "libNAME.dylib", "NAME.dll"; a version may stand before or after the ending. */
function fileOf(name: string, platform = process.platform): RegExp {
  if (platform === 'win32') return new RegExp(`^(lib)?${name}\\.dll$`, 'i');
  return platform === 'darwin'
    ? new RegExp(`^lib${name}(\\.\\d+)*\\.dylib$`)
    : new RegExp(`^lib${name}\\.so(\\.\\d+)*$`);
}

const systems: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
const processors: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
/** As the pack of TensorFlow Lite names this platform: "linux_amd64". */
const tflitePlatform = `${systems[process.platform] ?? process.platform}_${processors[process.arch] ?? process.arch}`;

function gotBy(id: string): Pick<NativeLibrary, 'remedy' | 'command'> {
  const command = `whittle get ${id}`;
  return {
    command,
    remedy: `"${command}" fetches it; or name the folder that holds it in Settings or WHITTLE_RUNTIMES.`,
  };
}

export const tfliteLibrary: NativeLibrary = {
  id: 'tflite',
  title: 'TensorFlow Lite',
  file: fileOf('tensorflowlite_c'),
  places: ['', `cc_deps/${tflitePlatform}`, `package/cc_deps/${tflitePlatform}`],
  ...gotBy('tflite'),
};

export const litertLibrary: NativeLibrary = {
  id: 'litert',
  title: 'LiteRT',
  file: fileOf('LiteRt'),
  places: ['ai_edge_litert', '', 'ai_edge_litert/ai_edge_litert'],
  distribution: 'ai_edge_litert',
  ...gotBy('litert'),
};

export const openvinoLibrary: NativeLibrary = {
  id: 'openvino',
  title: 'OpenVINO',
  file: fileOf('openvino_c'),
  places: ['openvino/libs', '', 'openvino/openvino/libs'],
  distribution: 'openvino',
  installation: {
    variable: 'INTEL_OPENVINO_DIR',
    places: [
      'runtime/lib/intel64',
      'runtime/lib/aarch64',
      'runtime/lib/arm64/Release',
      'runtime/lib/intel64/Release',
      'runtime/bin/intel64/Release',
    ],
  },
  ...gotBy('openvino'),
};

/** Where packages of the system put shared libraries. */
const systemFolders: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['/usr/local/lib', '/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'],
  darwin: ['/usr/local/lib', '/opt/homebrew/lib', '/opt/local/lib'],
  win32: ['C:\\Windows\\System32'],
};

export const edgetpuLibrary: NativeLibrary = {
  id: 'edgetpu',
  title: 'libedgetpu',
  file: fileOf('edgetpu'),
  places: ['', 'lib'],
  systemFolders: systemFolders[process.platform] ?? [],
  remedy: `${libraryHint(process.platform)}. Where it lies in a folder of its own, name that folder in Settings or WHITTLE_RUNTIMES.`,
};
