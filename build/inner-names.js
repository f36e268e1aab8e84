/**
 * Names of properties that the bundle may shorten, because nobody outside could ever use them.
 *
 * Safe by this rule: every place where the name is written, in code or in a comment, lies in a room below, whose objects are seen
 * by our own code only. These rooms hand nothing to the platform that it reads by name (no options, no JSON, no records to
 * store), and no user holds an object of theirs. A name that occurs in any other file of src, or in a dependency, stays
 * as it is, and so does one that is also a string, by which a property could be looked up. Names that platforms use are left out
 * by terser.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('../src/', import.meta.url))

/** Rooms whose names may be shortened. */
const INNER = [
  /^swarm\//,
  /^(deferred|limits|options|session|vault)\.ts$/,
  /^torrent\/(engine|engine-options|opening|outcomes|selection|teller)\.ts$/,
  /^net\/(?!channel|origin-request|node-peer|untyped)/,
  /^protocol\/(hashes|wire|wire-codec|wire-kinds)\.ts$/,
  /^metainfo\/(hash-ranges|merkle|piece-hashes)\.ts$/,
  /^store\/(lru|open-pieces|packs|piece-database|pins|presence|read-ahead|write-batcher)\.ts$/,
]

/** What is bundled beside src: every module in the folders of these. */
const BESIDE = ['@noble/hashes/sha2.js', '@thaunknown/simple-peer/lite.js', 'idb-keyval', './substitutes/streamx.js']

const WORD = /[A-Za-z_$][\w$]*/g
const QUOTED_WORD = /(?<=['"`])[A-Za-z_$][\w$]*(?=['"`])/g

/** Matches the names that may be shortened, and those that begin with an underscore, which are simple-peer's. */
export function innerNames() {
  const inner = new Set()
  const kept = new Set()
  const collect = (names, source, pattern) => {
    for (const [name] of source.matchAll(pattern)) names.add(name)
  }
  for (const path of readdirSync(SOURCE, { recursive: true })) {
    const room = path.replaceAll('\\', '/')
    if (!room.endsWith('.ts') || room.startsWith('node/')) continue
    const source = readFileSync(SOURCE + path, 'utf8')
    collect(INNER.some(pattern => pattern.test(room)) ? inner : kept, source, WORD)
    collect(kept, source, QUOTED_WORD)
  }
  const { resolve } = createRequire(import.meta.url)
  for (const folder of BESIDE.map(name => dirname(resolve(name)))) {
    for (const file of readdirSync(folder)) {
      if (file.endsWith('.js')) collect(kept, readFileSync(join(folder, file), 'utf8'), WORD)
    }
  }
  return new RegExp(`^(?:_.*|${[...inner].filter(name => !kept.has(name)).join('|')})$`)
}
