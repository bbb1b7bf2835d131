// Imports point downwards: renderer -> shared; preload -> shared; cli -> engine -> shared; main -> engine/host -> shared.
// The path of a file tells what it may import; this file says it so that a machine can check it.

/** Files below `from` may import nothing of src but themselves and `allowed`. */
const layer = (name, from, allowed) => ({
  name,
  severity: 'error',
  comment: `${name}: may import of src only ${allowed.join(', ')}`,
  from,
  to: { path: '^src/', pathNot: allowed },
});

/** Only files below `owner` may import these packages. */
const fence = (packages, owner) => ({
  name: `${packages[0]}-stays-behind-its-fence`,
  severity: 'error',
  comment: `${packages.join(', ')}: imported only below ${owner.join(', ')}`,
  from: { path: '^src/', pathNot: owner },
  to: { path: packages.map((name) => `(^|/)node_modules/${name}(/|$)|^${name}$`) },
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    layer('shared-imports-nothing', { path: '^src/shared/' }, ['^src/shared/']),
    layer('preload-imports-shared', { path: '^src/preload/' }, ['^src/preload/', '^src/shared/']),
    layer('renderer-imports-shared', { path: '^src/renderer/' }, ['^src/renderer/', '^src/shared/']),
    layer('cli-imports-engine', { path: '^src/cli/' }, ['^src/cli/', '^src/main/engine/', '^src/shared/']),
    layer('engine-imports-shared', { path: '^src/main/engine/' }, ['^src/main/engine/', '^src/shared/']),
    layer('main-imports-engine-host', { path: '^src/main/', pathNot: '^src/main/engine/' }, [
      '^src/main/(?!engine/)',
      '^src/main/engine/host',
      '^src/shared/',
    ]),
    {
      name: 'shared-is-pure',
      severity: 'error',
      comment: 'src/shared runs in a browser page and in Node: no package but zod, no Node module',
      from: { path: '^src/shared/' },
      to: { pathNot: ['^src/shared/', '(^|/)node_modules/zod/'] },
    },
    {
      name: 'renderer-has-no-node',
      severity: 'error',
      comment: 'the window is sandboxed',
      from: { path: '^src/renderer/' },
      to: { dependencyTypes: ['core'] },
    },
    fence(['electron'], ['^src/main/(?!engine/)', '^src/preload/']),
    fence(['sharp'], ['^src/main/engine/dataset/']),
    fence(['onnxruntime-node', 'onnxruntime-web', 'onnxruntime-common'], ['^src/main/engine/runtimes/']),
    fence(['libsql'], ['^src/main/engine/store/']),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Type-only imports count: a layer that needs another one's types is coupled to it.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
