/** Reloading: half a download goes on from IndexedDB, a share is seeded again, and what was altered meanwhile is fetched anew. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Browser, Page } from 'puppeteer-core'
import { encodeTorrent } from '../../src/node/index.ts'
import { launchBrowser, openVisitor } from './support/browser.ts'
import { DIARY_MODULES, reload, withDiary } from './support/diary-page.ts'
import { assertReceived, keepDiary, makeSample, type Sample, startClient } from './support/node-peers.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startSite } from './support/site.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const tracker = startShoalTracker(scope)
const site = startSite(scope, { modules: DIARY_MODULES })
const browsers = new Map<string, Promise<Browser>>()

function browserOf(name: 'chromium' | 'firefox'): Promise<Browser> {
  const browser = browsers.get(name) ?? launchBrowser(scope, name)
  browsers.set(name, browser)
  return browser
}

async function visitor(t: Lifetime, name: 'chromium' | 'firefox' = 'chromium'): Promise<Page> {
  return withDiary(await openVisitor(t, await browserOf(name), (await site).url))
}

const PIECE_LENGTH = 256 * 1024
const SEED = 700

async function sampleOf(seed: number, length: number): Promise<Sample> {
  const { url } = await tracker
  return makeSample({ seed, files: { 'payload.bin': length }, pieceLength: PIECE_LENGTH, trackers: [url] })
}

/** A seed in this process. @returns its magnet */
async function seed(t: Lifetime, sample: Sample, uploadBytesPerSecond = Number.POSITIVE_INFINITY): Promise<string> {
  const { trackers } = sample.metainfo
  const torrent = startClient(t, { uploadBytesPerSecond }).seed(sample.files, { pieceLength: PIECE_LENGTH, trackers })
  await torrent.ready
  return torrent.magnetURI
}

interface Received {
  readonly isRight: boolean
  readonly fromStoreBytes: number
  readonly fromPeersBytes: number
  readonly wastedBytes: number
  readonly story: string
}

/** Adds a torrent in a page and waits for all of it, bytes included. */
function receive(page: Page, source: string, { seed, length }: { seed: number; length: number }): Promise<Received> {
  return page.evaluate(
    async ({ source, seed, length }) => {
      const { Shoal } = await kit.shoal()
      const shoal = new Shoal()
      const torrent = shoal.add(source)
      const diary = diaryOf(torrent)
      await diary.within('done', torrent.done, 120_000)
      const blob = await diary.within('the bytes', torrent.files[0]!.blob(), 60_000)
      const isRight = await kit.isPayload(blob, { seed, length })
      const { fromStoreBytes, fromPeersBytes, wastedBytes } = torrent.stats
      const story = diary.describe()
      await shoal.close()
      return { isRight, fromStoreBytes, fromPeersBytes, wastedBytes, story }
    },
    { source, seed: seed * 1000, length },
  )
}

for (const name of ['chromium', 'firefox'] as const) {
  describe(`in ${name}`, () => {
    it('a half-done download goes on from the store after a reload', { timeout: 240_000 }, async t => {
      const length = 24_000_000
      const sample = await sampleOf(SEED, length)
      const magnet = await seed(t, sample, 4_000_000)
      const page = await visitor(t, name)
      await page.evaluate(async magnet => {
        const { Shoal } = await kit.shoal()
        const torrent = new Shoal().add(magnet)
        await diaryOf(torrent).until('a half', () => torrent.progress >= 0.6, 120_000)
      }, magnet)
      await reload(page)
      const received = await receive(page, magnet, { seed: SEED, length })
      assert.ok(received.isRight, received.story)
      // What was on its way to the disk may be lost: a transaction at the most.
      assert.ok(received.fromStoreBytes >= length * 0.2, received.story)
      assert.ok(received.fromPeersBytes - received.wastedBytes <= length - received.fromStoreBytes, received.story)
    })

    const KEPT = { copies: ['File', 'File'], handles: ['FileSystemFileHandle', 'FileSystemFileHandle'] }
    for (const [what, kinds] of Object.entries(KEPT))
      it(`a share is seeded again after a reload, under the same link, from ${what} of its files`, {
        timeout: 240_000,
      }, async t => {
        const length = 6_000_000
        const { url } = await tracker
        const page = await visitor(t, name)
        const magnet = await page.evaluate(
          async ({ url, length, what }) => {
            const { Shoal } = await kit.shoal()
            const files = [
              kit.payload({ seed: 710_000, length }),
              kit.payload({ seed: 710_001, length: 5, name: 'b.txt' }),
            ]
            // The page's private folder: its handles are real ones, and always granted.
            const root = await navigator.storage.getDirectory()
            const withHandle = async (file: File) => {
              const handle = await root.getFileHandle(file.name, { create: true })
              const writable = await handle.createWritable()
              await writable.write(file)
              await writable.close()
              return { path: file.name, data: await handle.getFile(), handle }
            }
            const given = what === 'handles' ? await Promise.all(files.map(withHandle)) : files
            const torrent = new Shoal({ trackers: [url] }).seed(given, { name: 'kept', keep: true })
            await diaryOf(torrent).within('done', torrent.done)
            return torrent.magnetURI
          },
          { url, length, what },
        )
        await reload(page)
        const again = await page.evaluate(async () => {
          const { Shoal } = await kit.shoal()
          const shoal = new Shoal()
          const torrents = await shoal.restore()
          await Promise.all(torrents.map(torrent => diaryOf(torrent).within('ready', torrent.ready)))
          return torrents.map(({ magnetURI, state, progress }) => ({ magnetURI, state, progress }))
        })
        assert.deepEqual(again, [{ magnetURI: magnet, state: 'seeding', progress: 1 }])
        // What was brought back is remembered as it was.
        const kept = await page.evaluate(async () => {
          const { indexedDBStore } = await kit.shoal()
          const [record] = await indexedDBStore().recallAll()
          return record?.sources?.map(({ data }) => data.constructor.name)
        })
        assert.deepEqual(kept, kinds)
        const torrent = startClient(t).add(magnet)
        await keepDiary(torrent).within('done', torrent.done)
        const sample = await makeSample({ seed: 710, files: { 'payload.bin': length, 'b.txt': 5 }, name: 'kept' })
        await assertReceived(torrent, sample)
      })
  })
}

describe('what the store holds', { concurrency: 3 }, () => {
  const length = 4_000_000

  /** What another hand does to the database `shoal`. Runs in the page, with no client open. */
  const MEDDLING: readonly [what: string, act: () => Promise<void>][] = [
    [
      'bytes of its values flipped',
      async () => {
        await meddle('values', async value => {
          const bytes = new Uint8Array(await new Blob([value as BlobPart]).arrayBuffer())
          for (let at = 1000; at < bytes.length; at += 400_000) bytes[at]! ^= 1
          return new Blob([bytes])
        })
      },
    ],
    ['values cut short', () => meddle('values', async value => new Blob([value as BlobPart]).slice(0, -1))],
    ['values gone', () => meddle('values', async () => undefined)],
    ['values that are none', () => meddle('values', async () => 'not a value')],
    ['places that lead elsewhere', () => meddle('places', async value => ({ ...(value as object), offset: 5 }))],
    ['places that are none', () => meddle('places', async () => ({ pack: 'x', offset: -1, length: Number.NaN }))],
    ['packs that are none', () => meddle('packs', async () => ({ bytes: 'x', usedAt: 0 }))],
    ['totals that are none', () => meddle('totals', async () => ({ bytes: Number.NaN, nextPack: 'x' }))],
    [
      'a record of the torrent that is damaged',
      () =>
        meddle('torrents', async value => {
          const { record } = value as { record: { metainfo: Uint8Array } }
          return { ...(value as object), record: { ...record, metainfo: record.metainfo.map(byte => byte ^ 1) } }
        }),
    ],
    ['a record of the torrent that is none', () => meddle('torrents', async () => 5)],
  ]

  for (const [index, [what, act]] of MEDDLING.entries()) {
    it(`altered by hand is fetched anew: ${what}`, { timeout: 240_000 }, async t => {
      const sample = await sampleOf(720 + index, length)
      const magnet = await seed(t, sample)
      const page = await visitor(t)
      const first = await receive(page, magnet, { seed: 720 + index, length })
      assert.ok(first.isRight && first.fromPeersBytes >= length, first.story)
      await page.evaluate(meddleInPage)
      await page.evaluate(act)
      await reload(page)
      const second = await receive(page, magnet, { seed: 720 + index, length })
      assert.ok(second.isRight, second.story)
      if (/^(bytes|values|places)/.test(what)) assert.ok(second.fromPeersBytes > 0, second.story)
      // And what was fetched anew is kept.
      await reload(page)
      const third = await receive(page, magnet, { seed: 720 + index, length })
      assert.ok(third.isRight, third.story)
    })
  }

  it('altered under a seeding page is not served, and fetched anew from others', { timeout: 240_000 }, async t => {
    const sample = await sampleOf(740, length)
    const magnet = await seed(t, sample)
    const page = await visitor(t)
    await receive(page, magnet, { seed: 740, length })
    await page.evaluate(meddleInPage)
    await page.evaluate(MEDDLING[0]![1])
    await reload(page)
    await page.evaluate(async magnet => {
      const { Shoal } = await kit.shoal()
      const torrent = new Shoal().add(magnet)
      await diaryOf(torrent).within('done', torrent.done)
    }, magnet)
    const torrent = startClient(t).add(encodeTorrent(sample.metainfo))
    const diary = keepDiary(torrent)
    await diary.within('done', torrent.done, 90_000)
    await assertReceived(torrent, sample)
    assert.ok(!diary.warnings.some(({ text }) => /Blocked|damaged/.test(text)), diary.describe())
  })
})

/** In pages, once `meddleInPage` has run: changes every value of an object store; undefined deletes it. */
declare function meddle(store: string, change: (value: unknown) => Promise<unknown>): Promise<void>

function meddleInPage(): void {
  const settled = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const meddleWith: typeof meddle = async (name, change) => {
    const database = await settled(indexedDB.open('shoal'))
    const reading = database.transaction(name).objectStore(name)
    const [keys, values] = await Promise.all([settled(reading.getAllKeys()), settled(reading.getAll())])
    if (keys.length === 0) throw new Error(`There is nothing in ${name}`)
    const changed = await Promise.all(values.map(change))
    const writing = database.transaction(name, 'readwrite').objectStore(name)
    await Promise.all(
      keys.map((key, i): Promise<unknown> => {
        return changed[i] === undefined ? settled(writing.delete(key)) : settled(writing.put(changed[i], key))
      }),
    )
    database.close()
  }
  Object.assign(globalThis, { meddle: meddleWith })
}
