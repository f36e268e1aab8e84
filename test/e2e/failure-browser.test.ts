/** What goes wrong around a page: no WebRTC, no storage, seeds that leave, files that change, hostile peers. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { ElementHandle, Page } from 'puppeteer-core'
import { encodeTorrent } from '../../src/node/index.ts'
import { launchBrowser, loadKit, openVisitor } from './support/browser.ts'
import { scratchFolder } from './support/cli.ts'
import { DIARY_MODULES, reload, withDiary } from './support/diary-page.ts'
import { HostilePeer } from './support/hostile-peer.ts'
import { assertReceived, bytesOfPiece, keepDiary, makeSample, type Sample, startClient } from './support/node-peers.ts'
import { frame, RawPeer } from './support/raw-peer.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startSite } from './support/site.ts'
import { startShoalTracker } from './support/trackers.ts'
import { startWebSeed } from './support/web-seed-server.ts'

const scope = fileScope()
const tracker = startShoalTracker(scope)
const site = startSite(scope, { modules: DIARY_MODULES })
const browser = launchBrowser(scope, 'chromium')

const PIECE_LENGTH = 128 * 1024
const LENGTH = 6_000_000

/** A page, and what no page of ours should ever raise: uncaught errors and unhandled rejections. */
async function visitor(t: Lifetime): Promise<{ page: Page; pageErrors: unknown[] }> {
  const page = await withDiary(await openVisitor(t, await browser, (await site).url))
  const pageErrors: unknown[] = []
  page.on('pageerror', error => pageErrors.push(error))
  return { page, pageErrors }
}

async function sampleOf(seed: number, length = LENGTH): Promise<Sample> {
  const trackers = [(await tracker).url]
  return makeSample({ seed, files: { 'payload.bin': length }, pieceLength: PIECE_LENGTH, trackers })
}

async function seedInNode(
  t: Lifetime,
  sample: Sample,
  uploadBytesPerSecond = Number.POSITIVE_INFINITY,
): Promise<string> {
  const { trackers } = sample.metainfo
  const torrent = startClient(t, { uploadBytesPerSecond }).seed(sample.files, { pieceLength: PIECE_LENGTH, trackers })
  await torrent.ready
  return torrent.magnetURI
}

type StoreKind = 'default' | 'memory' | 'small'

interface Outcome {
  readonly isRight: boolean
  readonly warnings: readonly string[]
  readonly story: string
}

/** Begins a download in a page. */
async function begin(
  page: Page,
  source: string,
  store: StoreKind = 'default',
  webSeeds: readonly string[] = [],
): Promise<void> {
  await page.evaluate(
    async ({ source, store, webSeeds }) => {
      const { Shoal, indexedDBStore } = await kit.shoal()
      const shoal = new Shoal({
        ...(store === 'memory' && { store: 'memory' }),
        ...(store === 'small' && { store: indexedDBStore({ budgetBytes: 200_000 }) }),
      })
      const bytes = (text: string): Uint8Array => Uint8Array.from(atob(text), character => character.charCodeAt(0))
      const torrent = shoal.add(source.startsWith('magnet:') ? source : bytes(source), { webSeeds })
      kit.kept.set('torrent', torrent).set('diary', diaryOf(torrent))
    },
    { source, store, webSeeds },
  )
}

/** The end of it, byte for byte. */
async function finish(page: Page, seed: number, length = LENGTH): Promise<Outcome> {
  return page.evaluate(
    async payload => {
      const torrent = kit.kept.get('torrent') as Parameters<typeof diaryOf>[0]
      const diary = kit.kept.get('diary') as ReturnType<typeof diaryOf>
      await diary.within('done', torrent.done, 120_000)
      const isRight = await kit.isPayload(await torrent.files[0]!.blob(), payload)
      return { isRight, warnings: diary.warnings.map(({ text }) => text), story: diary.describe() }
    },
    { seed: seed * 1000, length },
  )
}

async function warning(page: Page, code: string): Promise<string> {
  return page.evaluate(async code => {
    const diary = kit.kept.get('diary') as ReturnType<typeof diaryOf>
    return (await diary.warning(code, 90_000)).text
  }, code)
}

const inBase64 = ({ metainfo }: Sample): string => Buffer.from(encodeTorrent(metainfo)).toString('base64')

describe('a page without WebRTC', () => {
  it('says so, and still downloads from web seeds', { timeout: 120_000 }, async t => {
    const { page, pageErrors } = await visitor(t)
    await page.evaluateOnNewDocument(() => {
      for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCSessionDescription', 'RTCIceCandidate']) {
        Reflect.deleteProperty(globalThis, name)
      }
    })
    await reload(page)
    const sample = await sampleOf(1000)
    const server = await startWebSeed(t, { files: { 'payload.bin': sample.contents[0]! } })
    await seedInNode(t, sample)
    await begin(page, inBase64(sample), 'default', [`${server.url}payload.bin`])
    assert.match(await warning(page, 'no-webrtc'), /no WebRTC.*web seeds/)
    const { isRight, story } = await finish(page, 1000)
    assert.ok(isRight, story)
    const seeding = await page.evaluate(async () => {
      const { Shoal } = await kit.shoal()
      const torrent = new Shoal().seed([kit.payload({ seed: 1, length: 100_000 })])
      await diaryOf(torrent).within('ready', torrent.ready)
      return torrent.state
    })
    assert.equal(seeding, 'seeding')
    assert.deepEqual(pageErrors, [])
  })
})

describe('a page without storage', () => {
  it('completes from memory where its own budget is small, and says so once', { timeout: 120_000 }, async t => {
    const { page, pageErrors } = await visitor(t)
    const sample = await sampleOf(1010)
    await begin(page, await seedInNode(t, sample), 'small')
    const { isRight, warnings, story } = await finish(page, 1010)
    assert.ok(isRight, story)
    assert.equal(warnings.filter(text => /^quota: .{20,}\.$/.test(text)).length, 1, story)
    assert.deepEqual(pageErrors, [])
  })

  it('completes from memory where the browser grants little, and says so', { timeout: 120_000 }, async t => {
    const { page, pageErrors } = await visitor(t)
    const session = await page.createCDPSession()
    await session.send('Storage.overrideQuotaForOrigin', {
      origin: new URL((await site).url).origin,
      quotaSize: 1_500_000,
    })
    const sample = await sampleOf(1011)
    await begin(page, await seedInNode(t, sample))
    const { isRight, warnings, story } = await finish(page, 1011)
    assert.ok(isRight, story)
    assert.ok(
      warnings.some(text => text.startsWith('quota: ')),
      story,
    )
    assert.deepEqual(pageErrors, [])
  })

  for (const [what, spoil] of [
    [
      'has no IndexedDB',
      () => Object.defineProperty(globalThis, 'indexedDB', { value: undefined, configurable: true }),
    ],
    [
      'is refused IndexedDB',
      () => {
        Object.defineProperty(IDBFactory.prototype, 'open', {
          value() {
            throw new DOMException('The operation is insecure.', 'SecurityError')
          },
        })
      },
    ],
  ] as const) {
    it(`that ${what} completes from memory`, { timeout: 120_000 }, async t => {
      const { page, pageErrors } = await visitor(t)
      await page.evaluateOnNewDocument(spoil)
      await reload(page)
      const sample = await sampleOf(what.length + 1012)
      await begin(page, await seedInNode(t, sample))
      const { isRight, warnings, story } = await finish(page, what.length + 1012)
      assert.ok(isRight, story)
      if (what.includes('refused'))
        assert.ok(
          warnings.some(text => text.startsWith('store-failed: ')),
          story,
        )
      assert.deepEqual(pageErrors, [])
    })
  }
})

describe('a seeding page', () => {
  async function seedInPage(page: Page, seed: number): Promise<string> {
    const trackers = [(await tracker).url]
    return page.evaluate(
      async ({ trackers, payload }) => {
        const { Shoal } = await kit.shoal()
        const torrent = new Shoal({ trackers, uploadBytesPerSecond: 3_000_000 }).seed([kit.payload(payload)], {
          keep: true,
        })
        await diaryOf(torrent).within('done', torrent.done)
        return torrent.magnetURI
      },
      { trackers, payload: { seed: seed * 1000, length: LENGTH } },
    )
  }

  it('that is closed in the middle is waited for, which is said, and goes on when it is back', {
    timeout: 240_000,
  }, async t => {
    const { page: seeder } = await visitor(t)
    const { page: leech, pageErrors } = await visitor(t)
    const magnet = await seedInPage(seeder, 1020)
    await begin(leech, magnet)
    await leech.waitForFunction(() => (kit.kept.get('torrent') as { progress: number }).progress > 0.2, { polling: 20 })
    // The page goes, and with it its connections; the browser's storage stays.
    await seeder.goto('about:blank')
    assert.match(await warning(leech, 'peer-unreachable'), /as soon as/)
    const { state, progress } = await leech.evaluate(() => {
      const { state, progress } = kit.kept.get('torrent') as Parameters<typeof diaryOf>[0]
      return { state, progress }
    })
    assert.equal(state, 'downloading')
    assert.ok(progress < 1)
    await loadKit(seeder, (await site).url)
    await seeder.evaluate(async () => {
      const { Shoal } = await kit.shoal()
      for (const torrent of await new Shoal().restore()) await torrent.ready
    })
    const { isRight, story } = await finish(leech, 1020)
    assert.ok(isRight, story)
    assert.deepEqual(pageErrors, [])
  })

  it('that is closed in the middle is replaced by another seed', { timeout: 240_000 }, async t => {
    const { page: seeder } = await visitor(t)
    const { page: leech } = await visitor(t)
    const magnet = await seedInPage(seeder, 1021)
    await begin(leech, magnet)
    await leech.waitForFunction(() => (kit.kept.get('torrent') as { progress: number }).progress > 0.2, { polling: 20 })
    await seeder.close()
    const { page: other } = await visitor(t)
    assert.equal(await seedInPage(other, 1021), magnet)
    const { isRight, story } = await finish(leech, 1021)
    assert.ok(isRight, story)
  })

  it('does not serve a file that changed on the disk, and says so', { timeout: 120_000 }, async t => {
    const { page, pageErrors } = await visitor(t)
    const folder = await scratchFolder(t)
    const sample = await sampleOf(1022)
    const path = join(folder, 'payload.bin')
    await writeFile(path, sample.files[0]!.data)
    await page.evaluate(() => {
      document.body.innerHTML = '<input type="file">'
    })
    const input = (await page.$('input')) as ElementHandle<HTMLInputElement>
    await input.uploadFile(path)
    const magnet = await page.evaluate(
      async ({ trackers, pieceLength }) => {
        const { Shoal } = await kit.shoal()
        const torrent = new Shoal({ trackers }).seed(document.querySelector('input')!.files!, { pieceLength })
        kit.kept.set('torrent', torrent).set('diary', diaryOf(torrent))
        await torrent.ready
        return torrent.magnetURI
      },
      { trackers: [(await tracker).url], pieceLength: PIECE_LENGTH },
    )
    await writeFile(
      path,
      sample.files[0]!.data.map(byte => byte ^ 1),
    )
    const torrent = startClient(t).add(magnet)
    const diary = keepDiary(torrent)
    assert.match(await warning(page, 'file-changed'), /payload\.bin.*Share it again/)
    assert.equal(torrent.progress, 0)
    await seedInNode(t, sample)
    await diary.within('done', torrent.done)
    await assertReceived(torrent, sample)
    assert.ok(!diary.warnings.some(({ text }) => /Blocked/.test(text)), 'nobody is to blame')
    assert.deepEqual(pageErrors, [])
  })
})

describe('a page among hostile peers', () => {
  it('bans who sends bad data, and completes from others', { timeout: 120_000 }, async t => {
    const { page, pageErrors } = await visitor(t)
    const sample = await sampleOf(1030)
    const polluter = new HostilePeer(t, {
      tracker: (await tracker).url,
      metainfo: sample.metainfo,
      answer: ({ piece, begin, length }) => {
        const truth = bytesOfPiece(sample, piece).slice(begin, begin + length)
        return truth.map((byte, i) => (i === length - 1 ? byte ^ 1 : byte))
      },
    })
    await begin(page, inBase64(sample))
    assert.match(await warning(page, 'protocol'), /damaged|Blocked a peer/)
    await seedInNode(t, sample)
    const { isRight, warnings, story } = await finish(page, 1030)
    assert.ok(isRight, story)
    assert.ok(
      warnings.some(text => /Blocked a peer: it sent bad data/.test(text)),
      story,
    )
    assert.equal(polluter.connections, 1)
    assert.deepEqual(pageErrors, [])
  })

  for (const [i, [what, act]] of (
    [
      ['announces 2 GiB', (peer: RawPeer) => peer.send(peer.handshake(), [0x80, 0, 0, 0, 7])],
      [
        'sends a bitfield for another torrent',
        (peer: RawPeer) => peer.send(peer.handshake(), frame(5, [], new Uint8Array(900))),
      ],
      ['asks out of bounds', (peer: RawPeer) => peer.send(peer.handshake(), frame(6, [1_000_000, 0, 16384]))],
      [
        'floods with blocks',
        (peer: RawPeer) => {
          peer.send(peer.handshake())
          for (let n = 0; n < 100; n++) peer.send(frame(7, [0, 0], new Uint8Array(16384)))
        },
      ],
    ] as const
  ).entries()) {
    it(`hangs up on one who ${what}`, { timeout: 120_000 }, async t => {
      const { page, pageErrors } = await visitor(t)
      const sample = await sampleOf(1040 + i, 500_000)
      await begin(page, inBase64(sample))
      await page.waitForFunction(() =>
        (kit.kept.get('torrent') as Parameters<typeof diaryOf>[0]).trackers.some(({ state }) => state === 'connected'),
      )
      const stranger = await RawPeer.meet(t, { tracker: (await tracker).url, infoHash: sample.metainfo.wireInfoHash })
      act(stranger)
      await stranger.hungUp()
      await seedInNode(t, sample)
      const { isRight, story } = await finish(page, 1040 + i, 500_000)
      assert.ok(isRight, story)
      assert.deepEqual(pageErrors, [])
    })
  }
})

describe('bad input in a page', () => {
  it('ends in ShoalErrors, and in nothing that nobody handled', { timeout: 120_000 }, async t => {
    const { page, pageErrors } = await visitor(t)
    const outcomes = await page.evaluate(async () => {
      const { Shoal, ShoalError } = await kit.shoal()
      const shoal = new Shoal({ trackers: ['ws://localhost:1'] })
      const codes: Record<string, string> = {}
      const note = async (what: string, act: () => unknown): Promise<void> => {
        try {
          await act()
          codes[what] = 'nothing'
        } catch (error) {
          codes[what] =
            error instanceof ShoalError && /\S.{15,}[.?!)]$/s.test(error.message) ? error.code : String(error)
        }
      }
      await note('words', () => shoal.add('words'))
      await note('bytes', () => shoal.add(new Uint8Array(9)))
      await note('a 404', () => shoal.add(new URL('/nowhere.torrent', location.href)).ready)
      await note('a page', () => shoal.add(new URL('/', location.href)).ready)
      await note('another site', () => shoal.add('http://localhost:1/x.torrent').ready)
      await note('no files', () => shoal.seed([]).ready)
      await note('an abort', () => shoal.add('aa'.repeat(20), { signal: AbortSignal.abort() }).done)
      const twice = [shoal.add('bb'.repeat(20)), shoal.add('bb'.repeat(20))]
      await note('a second time', () => twice[1]!.ready)
      codes['no tracker'] = (await diaryOf(shoal.add('cc'.repeat(20))).warning('tracker-unreachable')).code
      // Nobody looks at these.
      shoal.add(new URL('/nowhere.torrent', location.href))
      shoal.seed([])
      const waiting = twice[0]!.done
      await shoal.close()
      await note('an end', () => waiting)
      await note('after the end', () => shoal.add('dd'.repeat(20)))
      return codes
    })
    assert.deepEqual(outcomes, {
      words: 'invalid-magnet',
      bytes: 'invalid-torrent',
      'a 404': 'invalid-torrent',
      'a page': 'invalid-torrent',
      'another site': 'invalid-torrent',
      'no files': 'invalid-argument',
      'an abort': 'aborted',
      'a second time': 'duplicate-torrent',
      'no tracker': 'tracker-unreachable',
      'an end': 'closed',
      'after the end': 'closed',
    })
    assert.deepEqual(pageErrors, [])
  })
})
