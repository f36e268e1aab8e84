/** The house keeps its walls: the import table, the purity rule and no import cycles, as DESIGN.md has them. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, it } from 'node:test'
import { findCycles } from '../support/imports.ts'
import { impurities, pureFiles } from '../support/purity.ts'
import { CHECKED_FOLDERS, forbiddenImports } from '../support/rooms.ts'

/** A room with more lines than this wants a wall. */
const LINES_MAX = 300

const files = new Map(CHECKED_FOLDERS.flatMap(sourcesIn))

describe('the repository', () => {
  it('has sources to check', () => {
    assert.ok(files.size > 0)
  })

  it('imports only what the table allows', () => {
    assert.deepEqual(forbiddenImports(files), [])
  })

  it('keeps pure rooms pure', () => {
    const breaches = pureFiles(files).flatMap(path => impurities(path, files.get(path)!))
    assert.deepEqual(breaches, [])
  })

  it('has no import cycles', () => {
    assert.deepEqual(findCycles(files), [])
  })

  it('has no room of more than 300 lines', () => {
    const long = [...files]
      .filter(([, source]) => source.trimEnd().split('\n').length > LINES_MAX)
      .map(([path]) => path)
    assert.deepEqual(long, [])
  })
})

describe('the import table', () => {
  const planted: readonly [path: string, source: string, isAllowed: boolean][] = [
    ['src/swarm/picker.ts', "import { Layout } from '../metainfo/layout.ts'", true],
    ['src/swarm/picker.ts', "import { peer } from './peer.ts'", true],
    ['src/swarm/picker.ts', "import { dial } from '../net/connection.ts'", false],
    ['src/swarm/picker.ts', "import type { Network } from '../ports.ts'", false],
    ['src/swarm/picker.ts', "import { readFile } from 'node:fs'", false],
    ['src/net/tracker-client.ts', "import type { Network } from '../ports.ts'", true],
    ['src/net/tracker-client.ts', "import type { Input } from '../swarm/events.ts'", false],
    ['src/net/tracker-client.ts', "import {\n  a,\n  b,\n} from '../store/memory.ts'", false],
    ['src/store/memory.ts', "export { a } from '../net/origin.ts'", false],
    ['src/store/memory.ts', "export * from '../net/origin.ts'", false],
    ['src/store/memory.ts', "const a = await import('../net/origin.ts')", false],
    ['src/store/memory.ts', "import '../net/origin.ts'", false],
    ['src/store/memory.ts', "/**\n * import { a } from '../net/origin.ts'\n */\nexport const a = 1", true],
    ['src/session.ts', "import { Swarm } from './swarm/swarm.ts'", true],
    ['src/session.ts', "import { pick } from './swarm/picker.ts'", false],
    ['src/session.ts', "import { IndexedDbStore } from './store/indexed-db.ts'", false],
    ['src/client.ts', "import { IndexedDbStore } from './store/indexed-db.ts'", true],
    ['src/client.ts', "import { Shoal } from './index.ts'", false],
    ['src/metainfo/merkle.ts', "import { sha256 } from '@noble/hashes/sha2.js'", true],
    ['src/metainfo/merkle.ts', "import bencode from 'bencode'", false],
    ['tracker/server.ts', "import { WebSocketServer } from 'ws'", true],
    ['tracker/server.ts', "import { toHex } from '../src/metainfo/bytes.ts'", true],
    ['tracker/server.ts', "import { Layout } from '../src/metainfo/layout.ts'", false],
    ['tracker/swarms.ts', "import { WebSocketServer } from 'ws'", false],
    ['tracker/swarms/relay.ts', "import { Connection } from '../ingress/connection.ts'", false],
    ['tracker/ingress/ingress.ts', "import { Swarms } from '../swarms.ts'", false],
    ['tracker/cluster/router.ts', "import { createClient } from '@redis/client'", false],
    ['tracker/cluster/routing/links.ts', "import { Swarms } from '../../owner.ts'", false],
    ['tracker/cluster/redis.ts', "import { Router } from './router.ts'", false],
    ['tracker/owner.ts', "import { Ingress } from './ingress/ingress.ts'", false],
    ['src/odds-and-ends/thing.ts', '', false],
  ]
  for (const [path, source, isAllowed] of planted) {
    it(`${isAllowed ? 'allows' : 'refuses'} in ${path}: ${JSON.stringify(source)}`, () => {
      assert.equal(forbiddenImports(new Map([[path, source]])).length, isAllowed ? 0 : 1)
    })
  }
})

describe('the purity rule', () => {
  const breaches = [
    'const now = Date.now()',
    'const now = new Date()',
    'const chance = Math.random()',
    'const { random } = Math',
    "const sine = Math['sin'](1)",
    'const log = Math.log(2)',
    'const power = 2 ** 8',
    'let power = 2; power **= 8',
    'const later = setTimeout(() => {}, 1)',
    'const host = globalThis',
    'const bytes = crypto.getRandomValues(new Uint8Array(1))',
    "console.log('here')",
    'export async function wait(): Promise<void> {}',
    'const wait = async () => 1',
    'class Waiter { async wait() {} }',
    'export const waited = await one()',
    'export const done = Promise.resolve()',
    'const elapsed = performance.now()',
    'const shorthand = { crypto }',
    "fetch('/')",
    'const where = location.href',
  ]
  for (const source of breaches) {
    it(`refuses ${source}`, () => {
      assert.notDeepEqual(impurities('src/swarm/planted.ts', source), [])
    })
  }

  const pure = [
    'const root = Math.sqrt(2) + Math.floor(1.5)',
    '// Date.now() would be wrong here\nexport const a = 1',
    "const text = 'Math.random() and await'",
    'interface Clock { readonly Date: number; performance(): Promise<void> }',
    'const peer = { crypto: 1, console: 2 }\nexport const both = peer.crypto + peer.console',
    'for (const [id, fetch] of new Map()) fetch.stop(id)',
    'export function random(seed: number): number { return seed * 5 }',
  ]
  for (const source of pure) {
    it(`allows ${JSON.stringify(source)}`, () => {
      assert.deepEqual(impurities('src/swarm/planted.ts', source), [])
    })
  }
})

describe('what must be pure', () => {
  it('is whatever a pure file imports at run time', () => {
    const pure = pureFiles(
      new Map([
        ['tracker/server.ts', "import { Swarms } from './swarms.ts'"],
        ['tracker/swarms.ts', "import { Roster } from './roster.ts'\nimport type { Sink } from './sink.ts'"],
        ['tracker/roster.ts', ''],
        ['tracker/sink.ts', ''],
        ['src/net/network.ts', ''],
        ['src/swarm/picker.ts', ''],
      ]),
    )
    assert.deepEqual(pure, ['tracker/swarms.ts', 'tracker/roster.ts', 'src/swarm/picker.ts'])
  })
})

describe('the search for cycles', () => {
  it('finds a cycle through three files', () => {
    const cycle = findCycles(
      new Map([
        ['src/a.ts', "import { b } from './b.ts'"],
        ['src/b.ts', "import { c } from './c.ts'"],
        ['src/c.ts', "export { a } from './a.ts'"],
      ]),
    )
    assert.deepEqual(cycle, [['src/a.ts', 'src/b.ts', 'src/c.ts', 'src/a.ts']])
  })

  it('passes over imports of types', () => {
    const sources = ["import type { b } from './b.ts'", "import { type b, type c } from './b.ts'"]
    for (const source of sources) {
      const cycles = findCycles(
        new Map([
          ['src/a.ts', source],
          ['src/b.ts', "import { a } from './a.ts'"],
        ]),
      )
      assert.deepEqual(cycles, [])
    }
  })
})

function sourcesIn(folder: string): [path: string, source: string][] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(path => posix.join(folder, path.replaceAll('\\', '/')))
    .filter(path => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .sort()
    .map(path => [path, readFileSync(path, 'utf8')])
}
