/** Web seeds in Chromium: pages that download from a plain HTTP server of another origin. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { encodeTorrent, formatMagnet, parseMagnet } from '../../src/node/index.ts'
import { launchBrowser, openVisitor } from './support/browser.ts'
import { DIARY_MODULES, withDiary } from './support/diary-page.ts'
import { makeSample, type Sample, startClient } from './support/node-peers.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startSite } from './support/site.ts'
import { startShoalTracker } from './support/trackers.ts'
import { startWebSeed } from './support/web-seed-server.ts'

const scope = fileScope()
const tracker = startShoalTracker(scope)
const site = startSite(scope, { modules: DIARY_MODULES })
const browser = launchBrowser(scope, 'chromium')

const PIECE_LENGTH = 64 * 1024
const LENGTH = 5_000_000

async function visitor(t: Lifetime): Promise<Page> {
  return withDiary(await openVisitor(t, await browser, (await site).url))
}

function sampleOf(seed: number, trackers: readonly string[] = []): Promise<Sample> {
  return makeSample({ seed, files: { 'a.bin': LENGTH }, pieceLength: PIECE_LENGTH, trackers })
}

interface Outcome {
  readonly isRight: boolean
  readonly fromOriginBytes: number
  readonly fromPeersBytes: number
  readonly warnings: readonly string[]
  readonly story: string
}

/** Adds a magnet, or a `.torrent` in base 64, and waits for all of it. */
function receive(
  page: Page,
  source: { magnet: string } | { torrent: string },
  seed: number,
  webSeeds: readonly string[] = [],
): Promise<Outcome> {
  return page.evaluate(
    async ({ source, webSeeds, seed, length }) => {
      const { Shoal } = await kit.shoal()
      const shoal = new Shoal()
      const bytes = (text: string): Uint8Array => Uint8Array.from(atob(text), character => character.charCodeAt(0))
      const torrent = shoal.add('magnet' in source ? source.magnet : bytes(source.torrent), { webSeeds })
      const diary = diaryOf(torrent)
      await diary.within('done', torrent.done, 90_000)
      const isRight = await kit.isPayload(await torrent.files[0]!.blob(), { seed, length })
      const { fromOriginBytes, fromPeersBytes } = torrent.stats
      const story = diary.describe()
      await shoal.close()
      return { isRight, fromOriginBytes, fromPeersBytes, warnings: diary.warnings.map(({ text }) => text), story }
    },
    { source, webSeeds, seed: seed * 1000, length: LENGTH },
  )
}

const torrentOf = ({ metainfo }: Sample) => ({ torrent: Buffer.from(encodeTorrent(metainfo)).toString('base64') })

describe('a web seed in Chromium', () => {
  it('alone completes a .torrent, by ranges', { timeout: 120_000 }, async t => {
    const sample = await sampleOf(900)
    const server = await startWebSeed(t, { files: { 'a.bin': sample.contents[0]! } })
    const got = await receive(await visitor(t), torrentOf(sample), 900, [`${server.url}a.bin`])
    assert.ok(got.isRight, got.story)
    assert.equal(got.fromOriginBytes, LENGTH)
    assert.ok(
      server.requests.some(({ status }) => status === 206),
      JSON.stringify(server.requests),
    )
    assert.ok(server.sentBytes <= LENGTH * 1.1, `${server.sentBytes} bytes were sent`)
  })

  it('completes a magnet with ws=, whose file list a peer sent', { timeout: 120_000 }, async t => {
    const sample = await sampleOf(901, [(await tracker).url])
    const server = await startWebSeed(t, { files: { 'a.bin': sample.contents[0]! } })
    const informant = startClient(t).add(encodeTorrent(sample.metainfo), { select: 'none' })
    await informant.ready
    const magnet = formatMagnet({ ...parseMagnet(informant.magnetURI), webSeeds: [server.url] })
    assert.match(magnet, /&ws=/)
    const got = await receive(await visitor(t), { magnet }, 901)
    assert.ok(got.isRight, got.story)
    assert.equal(got.fromPeersBytes, 0)
  })

  it('that ignores ranges completes it too', { timeout: 120_000 }, async t => {
    const sample = await sampleOf(902)
    const server = await startWebSeed(t, { files: { 'a.bin': sample.contents[0]! }, honoursRange: false })
    const got = await receive(await visitor(t), torrentOf(sample), 902, [`${server.url}a.bin`])
    assert.ok(got.isRight, got.story)
    assert.ok(server.requests.every(({ status }) => status === 200))
  })

  it('that dies in the middle and returns completes it', { timeout: 120_000 }, async t => {
    const sample = await sampleOf(903)
    const server = await startWebSeed(t, { files: { 'a.bin': sample.contents[0]! }, diesAfterBytes: 1_500_000 })
    const receiving = receive(await visitor(t), torrentOf(sample), 903, [`${server.url}a.bin`])
    await server.died
    await server.revive()
    const got = await receiving
    assert.ok(got.isRight, got.story)
    assert.ok(
      got.warnings.some(text => text.startsWith('web-seed-failed')),
      got.story,
    )
  })

  it('that allows no other origin is explained, and peers complete the torrent', { timeout: 120_000 }, async t => {
    const sample = await sampleOf(904, [(await tracker).url])
    const server = await startWebSeed(t, { files: { 'a.bin': sample.contents[0]! }, allowsOrigins: false })
    startClient(t).seed(sample.files, { pieceLength: PIECE_LENGTH, trackers: [(await tracker).url] })
    const got = await receive(await visitor(t), torrentOf(sample), 904, [`${server.url}a.bin`])
    assert.ok(got.isRight, got.story)
    assert.equal(got.fromOriginBytes, 0)
    assert.ok(
      got.warnings.some(text => /web-seed-failed.*Access-Control-Allow-Origin/.test(text)),
      got.story,
    )
  })

  it('that is corrupt is dropped, and peers complete the torrent', { timeout: 120_000 }, async t => {
    const sample = await sampleOf(905, [(await tracker).url])
    const alter = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i % 1000 === 999 ? byte ^ 1 : byte))
    const server = await startWebSeed(t, { files: { 'a.bin': sample.contents[0]! }, alter })
    const page = await visitor(t)
    const receiving = receive(page, torrentOf(sample), 905, [`${server.url}a.bin`])
    startClient(t).seed(sample.files, { pieceLength: PIECE_LENGTH, trackers: [(await tracker).url] })
    const got = await receiving
    assert.ok(got.isRight, got.story)
    assert.ok(server.requests.length <= 4, `${server.requests.length} requests`)
  })
})
