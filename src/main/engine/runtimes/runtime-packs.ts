/** A runtime's native library as a package registry has it, pinned: what arrives is this or nothing. */
export type RuntimePack = {
  /** As its runtime. */
  name: string;
  title: string;
  version: string;
  licence: string;
  /** Of what is fetched for Linux; about as much for others. */
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
  /** What else is kept: it states licence and origin, or is for those who build against the library. */
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

/** A wheel is made for one Python; the library in it needs none. */
const python = '3.11';
const wheel = (platform: string, sha256: string): WheelPack['wheel'] => ({ platform, python, sha256 });

const litertWheels: Record<string, WheelPack['wheel']> = {
  'linux-x64': wheel('manylinux_2_27_x86_64', '1f15078a6725d2357d9de9221664c29afa0545d807559c5f7199ce5e40b96b23'),
  'linux-arm64': wheel('manylinux_2_27_aarch64', '853fc608f96da87bd5f3458465dfb9abbf18d5ae6b94eceacead407146f175ae'),
  'darwin-arm64': wheel('macosx_12_0_arm64', 'da19cb1ad08d5113600d1038fbe7390e74e38fcb3e92af86d56a60120343e6d2'),
  'win32-x64': wheel('win_amd64', 'ffee5993b859580650e844fce322e93b7abf50dfa36fd0fcbde41e079d1eebe3'),
};

const openvinoWheels: Record<string, WheelPack['wheel']> = {
  'linux-x64': wheel('manylinux_2_28_x86_64', '2d22b1da03f7caf74df30e9f6417d0ab2f637e4a38e08e1dcd294d2c37407aaf'),
  'linux-arm64': wheel('manylinux_2_35_aarch64', 'bea1eb3733c34ef331adc945da0ccda5937865031139073663be84c517ffda22'),
  'darwin-arm64': wheel('macosx_11_0_arm64', 'd3740853691ae4a9003bc3417a4625d848e2cc3251af4b815c59199b38be252a'),
  'win32-x64': wheel('win_amd64', 'bfddae6d6d3ad240157b946f180c33d0ddfaaae7487995d929a4e6b4bc12b283'),
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
    keep: ['package.json', 'README.md', 'cc_deps/include'],
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
