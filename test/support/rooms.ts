/** The import table of DESIGN.md as data: which room may import which. */
import { importsOf } from './imports.ts'

/** What everything may know: bytes, words and numbers, no behaviour. */
const GROUND = ['src/metainfo/', 'src/protocol/', 'src/errors.ts', 'src/options.ts', 'src/limits.ts'] as const

/** The seam between the brain and the session. */
const SEAM = ['src/swarm/events.ts', 'src/swarm/swarm.ts', 'src/swarm/budget.ts', 'src/swarm/random.ts'] as const

/** What the client and its torrents are made of, and nobody else's business. */
const CLIENT_PARTS = ['src/client.ts', 'src/torrent/', 'src/platform.ts'] as const

/** What drives one swarm. */
const SESSION_PARTS = ['src/session.ts', 'src/vault.ts'] as const

const SHARED_PARTS = ['src/ports.ts', 'src/hashing.ts', 'src/create.ts', 'src/deferred.ts'] as const

/** What a site's parts agree on: the table and the routes in it, the keys of the store, the bridge. */
const SITE_GROUND = [
  'src/site/table.ts',
  'src/site/routes.ts',
  'src/site/keys.ts',
  'src/site/http.ts',
  'src/site/bridge.ts',
] as const

/** What a site's service worker is made of. */
const WORKER_PARTS = ['src/site/service-worker.ts', 'src/site/worker/'] as const

const ANYTHING_BUT_INDEX = [
  ...GROUND,
  ...CLIENT_PARTS,
  ...SESSION_PARTS,
  ...SHARED_PARTS,
  'src/swarm/',
  'src/net/',
  'src/store/',
] as const

interface Room {
  /** A file, or a folder when it ends in '/'. A file's own row goes before its folder's. */
  readonly room: string
  /** Files and folders of the repository; a folder may always import itself. */
  readonly mayImport: readonly string[]
  /** Packages; undefined: any. */
  readonly packages?: readonly string[]
}

const ROOMS: readonly Room[] = [
  { room: 'src/metainfo/', mayImport: GROUND, packages: ['@noble/hashes'] },
  { room: 'src/protocol/', mayImport: GROUND, packages: [] },
  { room: 'src/errors.ts', mayImport: GROUND, packages: [] },
  { room: 'src/options.ts', mayImport: GROUND, packages: [] },
  { room: 'src/limits.ts', mayImport: GROUND, packages: [] },
  { room: 'src/ports.ts', mayImport: GROUND, packages: [] },
  { room: 'src/swarm/', mayImport: GROUND, packages: ['@noble/hashes'] },
  { room: 'src/net/', mayImport: [...GROUND, 'src/ports.ts'] },
  { room: 'src/store/', mayImport: [...GROUND, 'src/ports.ts'] },
  { room: 'src/hashing.ts', mayImport: [...GROUND, 'src/ports.ts'] },
  { room: 'src/create.ts', mayImport: [...GROUND, 'src/ports.ts', 'src/hashing.ts', 'src/store/blobs.ts'] },
  { room: 'src/deferred.ts', mayImport: GROUND, packages: [] },
  ...SESSION_PARTS.map(room => ({ room, mayImport: [...GROUND, ...SEAM, ...SESSION_PARTS, ...SHARED_PARTS] })),
  ...CLIENT_PARTS.map(room => ({ room, mayImport: ANYTHING_BUT_INDEX })),
  { room: 'src/index.ts', mayImport: ANYTHING_BUT_INDEX },
  // Seen by the service worker, the page script and the build alike.
  ...SITE_GROUND.map(room => ({ room, mayImport: [...GROUND, ...SITE_GROUND], packages: [] })),
  ...WORKER_PARTS.map(room => ({
    room,
    mayImport: [...WORKER_PARTS, ...SITE_GROUND, ...GROUND, 'src/store/'],
    packages: ['idb-keyval'],
  })),
  // A script of its own, which has of the library what it uses.
  { room: 'src/site/page/', mayImport: [...ANYTHING_BUT_INDEX, 'src/site/'] },
  { room: 'src/site/', mayImport: ['src/index.ts', ...GROUND] },
  // What has a name, a length and a stream is a file to it.
  { room: 'src/urls/', mayImport: ['src/errors.ts', 'src/torrent/torrent-file.ts'], packages: [] },
  {
    room: 'src/node/',
    // Node's own wiring replaces the browser's platform, and the command line also starts a tracker.
    mayImport: [
      'src/index.ts',
      'src/client.ts',
      'src/platform.ts',
      ...SHARED_PARTS,
      ...GROUND,
      'src/store/',
      'tracker/',
      // The command line builds sites.
      'src/site/',
    ],
  },
  // The brain knows no sockets: `ConnectionInput` goes in, `TrackerEffect` comes out.
  ...['tracker/swarms.ts', 'tracker/swarms/'].map(room => ({
    room,
    mayImport: ['src/protocol/', 'src/metainfo/bytes.ts', 'tracker/swarms/', 'tracker/options.ts'],
    packages: [],
  })),
  // Who owns swarms and who holds sockets meet at the bus alone.
  {
    room: 'tracker/owner.ts',
    mayImport: ['tracker/bus.ts', 'tracker/swarms.ts', 'tracker/swarms/', 'tracker/options.ts'],
    packages: [],
  },
  {
    room: 'tracker/ingress/pointers.ts',
    mayImport: [
      'src/site/pointer.ts',
      'src/site/signature.ts',
      'src/site/limits.ts',
      'src/metainfo/bytes.ts',
      'tracker/',
    ],
  },
  {
    room: 'tracker/ingress/',
    mayImport: [
      'src/protocol/',
      'src/metainfo/bytes.ts',
      'tracker/bus.ts',
      'tracker/options.ts',
      'tracker/access/',
      'tracker/http/refuse-upgrade.ts',
      'tracker/log.ts',
      // What crosses the bus.
      'tracker/swarms/effects.ts',
      'tracker/swarms/sites.ts',
    ],
  },
  // What goes to which node is decided without a bus, and of swarms only what is said to and by them is known.
  ...['tracker/cluster/router.ts', 'tracker/cluster/routing/'].map(room => ({
    room,
    mayImport: [
      'src/protocol/',
      'src/metainfo/bytes.ts',
      'tracker/cluster/routing/',
      'tracker/swarms.ts',
      'tracker/swarms/effects.ts',
      'tracker/swarms/sites.ts',
    ],
    packages: [],
  })),
  // What carries batches knows nothing of what is in them.
  ...['transport.ts', 'redis.ts', 'ipc.ts'].map(name => ({
    room: `tracker/cluster/${name}`,
    mayImport: ['tracker/cluster/routing/items.ts', 'tracker/cluster/transport.ts'],
    packages: ['@redis/client'],
  })),
  { room: 'tracker/', mayImport: ['src/protocol/', 'src/metainfo/bytes.ts'] },
  {
    room: 'test/sim/command/',
    // Its terminal and the ways in which it fails are those of the `shoal` command.
    mayImport: ['test/sim/', 'src/swarm/', 'src/node/cli/', ...GROUND, 'test/support/'],
  },
  {
    room: 'test/sim/cluster/',
    mayImport: [
      'tracker/swarms.ts',
      'tracker/cluster/router.ts',
      'tracker/cluster/routing/',
      'tracker/options.ts',
    ].concat(['src/swarm/random.ts', 'src/protocol/', 'test/sim/draw.ts']),
  },
  { room: 'test/sim/', mayImport: ['src/swarm/', ...GROUND, 'tracker/swarms.ts', 'test/support/'] },
]

/** Folders whose every file must have a row. */
export const CHECKED_FOLDERS = ['src', 'tracker', 'test/sim'] as const

/** One sentence for each import that the table does not allow, types included. */
export function forbiddenImports(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([path, source]) => {
    const room = ROOMS.find(row => covers(row.room, path))
    if (room === undefined) return [`${path} is in no room of the table: give it a row or move it`]
    return importsOf(path, source)
      .filter(imported => !isAllowed(room, imported))
      .map(({ specifier }) => `${path} must not import ${specifier}`)
  })
}

function isAllowed(room: Room, imported: { specifier: string; path: string | undefined }): boolean {
  const { specifier, path } = imported
  if (path !== undefined) return [room.room, ...room.mayImport].some(allowed => covers(allowed, path))
  return room.packages?.some(name => specifier === name || specifier.startsWith(`${name}/`)) ?? true
}

function covers(room: string, path: string): boolean {
  return room.endsWith('/') ? path.startsWith(room) : path === room
}
