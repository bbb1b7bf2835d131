/** A runtime's native library as a package registry has it, pinned: what arrives is this or nothing. */
export type RuntimePack = {
  /** As its runtime. */
  name: string;
  title: string;
  version: string;
  licence: string;
  /** Of what is fetched. */
  bytes: number;
} & (NpmPack | WheelPack);

interface NpmPack {
  client: 'npm';
  package: string;
  packageVersion: string;
  /** Of the tarball, as lock files have it. */
  integrity: string;
  /** Within it; absent: none for this platform. */
  folder: string | undefined;
  /** Other files that are kept: they state licence and origin. */
  keep: readonly string[];
}

interface WheelPack {
  client: 'pip';
  distribution: string;
  /** Absent: none is pinned for this platform. */
  wheel: { platform: string; python: string; sha256: string } | undefined;
}

const here = `${process.platform}-${process.arch}`;

const tfliteFolders: Record<string, string> = {
  'linux-x64': 'cc_deps/linux_amd64',
  'linux-arm64': 'cc_deps/linux_arm64',
  'darwin-arm64': 'cc_deps/darwin_arm64',
  'win32-x64': 'cc_deps/windows_amd64',
};

const litertWheels: Record<string, WheelPack['wheel']> = {
  'linux-x64': {
    platform: 'manylinux_2_27_x86_64',
    python: '3.11',
    sha256: '1f15078a6725d2357d9de9221664c29afa0545d807559c5f7199ce5e40b96b23',
  },
};

const openvinoWheels: Record<string, WheelPack['wheel']> = {
  'linux-x64': {
    platform: 'manylinux_2_28_x86_64',
    python: '3.11',
    sha256: '2d22b1da03f7caf74df30e9f6417d0ab2f637e4a38e08e1dcd294d2c37407aaf',
  },
};

/** Clients of the registries fetch them, so a person's mirror and proxy count. */
export const runtimePacks: readonly RuntimePack[] = [
  {
    name: 'tflite',
    title: 'TensorFlow Lite with XNNPACK',
    version: '2.9.0',
    licence: 'Apache-2.0',
    bytes: 5_303_910,
    client: 'npm',
    package: 'tfjs-tflite-node',
    packageVersion: '0.0.2',
    integrity: 'sha512-Zed9biOz9lkWsekvPwdEmxXnsjXJnZO8iOV0s2Y20QU15cwiPedzFEBYiGbK7smYpkJpQNNY9SukoKmUi9bk9w==',
    folder: tfliteFolders[here],
    keep: ['package.json', 'README.md'],
  },
  {
    name: 'litert',
    title: 'LiteRT',
    version: '2.3.0',
    licence: 'Apache-2.0',
    bytes: 21_778_233,
    client: 'pip',
    distribution: 'ai-edge-litert',
    wheel: litertWheels[here],
  },
  {
    name: 'openvino',
    title: 'OpenVINO',
    version: '2026.4.1',
    licence: 'Apache-2.0',
    bytes: 59_130_756,
    client: 'pip',
    distribution: 'openvino',
    wheel: openvinoWheels[here],
  },
];

export const runtimePack = (name: string): RuntimePack | undefined => runtimePacks.find((pack) => pack.name === name);
