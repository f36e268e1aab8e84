/** The bundle shortens names of properties: none that a user could see. It is held against the modules, which keep all names. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type * as Library from '../../src/index.ts'

const names: readonly string[] = ['../../dist/shoal.min.js', '../../dist/src/index.js']
const [bundle, modules] = (await Promise.all(names.map(name => import(name)))) as [typeof Library, typeof Library]

test('classes have the same members', () => {
  for (const name of ['Shoal', 'Torrent', 'TorrentFile', 'ShoalError'] as const) {
    const membersOf = (library: typeof Library) => Object.getOwnPropertyNames(library[name].prototype).sort()
    assert.deepEqual(membersOf(bundle), membersOf(modules), name)
  }
})

test('torrents are made and read with the same properties', async () => {
  const read = async ({ createTorrent, parseTorrent, encodeTorrent, parseMagnet }: typeof Library) => {
    const files = [{ path: 'folder/a', data: new Uint8Array(40_000) }]
    const created = await createTorrent(files, { webSeeds: ['https://seed.example/'], pieceLength: 16_384 })
    const magnet = parseMagnet(`magnet:?xt=urn:btih:${'a'.repeat(40)}&dn=name&so=0&tr=wss%3A%2F%2Ftracker.example`)
    return shapeOf([created, parseTorrent(encodeTorrent(created)), magnet])
  }
  assert.deepEqual(await read(bundle), await read(modules))
})

test('a store of the user’s own sees the same properties, and so does whoever looks at a torrent', async () => {
  assert.deepEqual(await lifeOf(bundle), await lifeOf(modules))
})

test('errors have the same details', async () => {
  const fail = async ({ createTorrent, memoryStore, ShoalError }: typeof Library) => {
    const bytes = new Uint8Array(16_384)
    const { layout } = await createTorrent([{ path: 'a', data: bytes }])
    const pieces = await memoryStore({ budgetBytes: 1 }).open({ infoHash: 'a', layout })
    const ref = { piece: 0, key: 'a/0', length: bytes.length, slices: layout.slices(0) }
    const error = await pieces.write([{ ref, bytes }]).catch((reason: unknown) => reason)
    assert.ok(error instanceof ShoalError)
    return shapeOf(error.details)
  }
  const details = await fail(modules)
  assert.match(details, /budgetBytes/)
  assert.equal(await fail(bundle), details)
})

/** What comes to light of a torrent that is seeded and remembered. */
async function lifeOf({ Shoal, memoryStore }: typeof Library): Promise<unknown> {
  const given: unknown[] = []
  const inner = memoryStore()
  const store: Library.Store = {
    open: torrent => {
      given.push(torrent)
      return inner.open(torrent)
    },
    remember: async record => void given.push(record),
    recall: infoHash => inner.recall(infoHash),
    recallAll: () => inner.recallAll(),
    forget: infoHash => inner.forget(infoHash),
    close: () => inner.close(),
  }
  const shoal = new Shoal({ store })
  const torrent = shoal.seed([{ path: 'a', data: new Uint8Array(40_000) }], { name: 'a', keep: true })
  torrent.addEventListener('progress', ({ detail }) => given.push(detail))
  await torrent.done
  given.push(torrent.stats, torrent.peers, torrent.trackers, torrent.files)
  await shoal.close()
  return [...new Set(given.map(shapeOf))].sort()
}

/** The names of all properties that can be reached from a value, as text. */
function shapeOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return typeof value
  if (Array.isArray(value)) return `[${[...new Set(value.map(shapeOf))].join()}]`
  const prototype = Object.getPrototypeOf(value)
  const methods = prototype === Object.prototype ? [] : Object.getOwnPropertyNames(prototype ?? {}).sort()
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${shapeOf(field)}`)
  return `{${[...fields.sort(), ...methods].join(', ')}}`
}
