// Imports point downwards: renderer -> shared; preload -> shared; cli -> engine -> shared; main -> engine/host -> shared. Inside the
// engine scripts/rooms.mjs says which room may know which. The path of a file tells what it may import; here a machine checks it.
import { owners, rooms } from './scripts/rooms.mjs';

/** Files below `from` may import nothing of src but themselves and `allowed`. */
const layer = (name, from, allowed) => ({
  name,
  severity: 'error',
  comment: `${name}: may import of src only ${allowed.join(', ')}`,
  from,
  to: { path: '^src/', pathNot: allowed },
});

/** Only files below `folders` may import a package. */
const fence = ([name, folders]) => ({
  name: `${name}-stays-behind-its-fence`,
  severity: 'error',
  comment: `${name}: imported only below ${folders.join(', ')}`,
  from: { path: '^src/', pathNot: folders.map((folder) => `^${folder}`) },
  to: { path: [`(^|/)node_modules/${name}(/|$)|^${name}$`] },
});

const engine = '^src/main/engine/';
const isHouse = (room) => rooms.some((other) => other.room.startsWith(`${room}/`));
/** The files of a room: where rooms lie within it, only those beside them. */
const filesOf = (room) => `${engine}${room}/${isHouse(room) ? '[^/]+$' : ''}`;

const roomRules = rooms.map(({ room, knows }) => ({
  name: `room-${room.replaceAll('/', '-')}`,
  severity: 'error',
  comment: `${room}: may know only ${knows.join(', ') || 'no other room'} (scripts/rooms.mjs)`,
  from: { path: filesOf(room) },
  to: { path: engine, pathNot: [room, ...knows].map(filesOf) },
}));
const everyFileHasARoom = {
  name: 'every-file-has-a-room',
  severity: 'error',
  comment: 'a folder of the engine is a room of scripts/rooms.mjs',
  from: {},
  to: { path: `${engine}[^/]+/`, pathNot: rooms.map(({ room }) => filesOf(room)) },
};

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    layer('shared-imports-nothing', { path: '^src/shared/' }, ['^src/shared/']),
    layer('preload-imports-shared', { path: '^src/preload/' }, ['^src/preload/', '^src/shared/']),
    layer('renderer-imports-shared', { path: '^src/renderer/' }, ['^src/renderer/', '^src/shared/']),
    layer('cli-imports-engine', { path: '^src/cli/' }, ['^src/cli/', engine, '^src/shared/']),
    layer('engine-imports-shared', { path: engine }, [engine, '^src/shared/']),
    layer('main-imports-engine-host', { path: '^src/main/', pathNot: engine }, [
      '^src/main/(?!engine/)',
      `${engine}host`,
      '^src/shared/',
    ]),
    ...roomRules,
    everyFileHasARoom,
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
    ...Object.entries(owners).map(fence),
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
