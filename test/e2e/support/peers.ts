/** Peers for tests: ours in Chromium, in Firefox and in Node, and WebTorrent in Chromium, all with one face. */
import assert from 'node:assert/strict'
import type { Browser } from 'puppeteer-core'
import { filesFromDisk, fileStore, type SeedFile, Shoal } from '../../../src/node/index.ts'
import { openVisitor } from './browser.ts'
import type { Content } from './content.ts'
import { payloadChunks } from './payload.ts'
import {
  type Download,
  type PeerDriver,
  type SeedRequest,
  type Shared,
  type Source,
  type SourceFile,
  toBase64,
} from './peer-types.ts'
import type { Lifetime } from './scope.ts'
import { ShoalPeer } from './shoal-peer.ts'

/** Module of the pages that hold peers: give it to `startSite`. */
export const PEER_MODULES = { '/peers.js': 'test/e2e/support/page/peers.ts' }

export interface TestPeer {
  /** For reports. */
  readonly name: string
  seed(content: Content, options?: Pick<SeedRequest, 'version' | 'pieceLength'>): Promise<Shared>
  download(source: Source): Promise<Download>
  report(): Promise<string>
  close(): Promise<void>
}

export interface WebTorrentTestPeer extends TestPeer {
  /** Seeds a torrent of anybody's making (base64) from a file's bytes, which its v1 half describes. */
  seedTorrent(torrent: string, bytes: Uint8Array, pieceLength: number): Promise<Shared>
}

export interface PageOptions {
  readonly browser: Browser
  readonly siteUrl: string
  readonly trackers: readonly string[]
}

/** Ours in a page of its own; `name` is for reports. */
export function shoalInPage(lifetime: Lifetime, name: string, options: PageOptions): Promise<TestPeer> {
  return inPage(lifetime, name, 'shoal', options)
}

export async function webTorrentInPage(
  lifetime: Lifetime,
  name: string,
  options: PageOptions,
): Promise<WebTorrentTestPeer> {
  return inPage(lifetime, name, 'webTorrent', options)
}

export interface NodeOptions {
  readonly trackers: readonly string[]
  /** Folder that downloads go to. @default memory */
  readonly directory?: string
}

/** Ours in this process. */
export function shoalInNode(lifetime: Lifetime, name: string, { trackers, directory }: NodeOptions): TestPeer {
  const store = directory === undefined ? 'memory' : fileStore({ directory })
  const client = new Shoal({ trackers, iceServers: [], store, allowPrivateAddresses: true })
  const driver: PeerDriver = new ShoalPeer({ client, open: openInNode })
  lifetime.after(() => driver.close())
  return {
    name,
    seed: ({ name: torrentName, files }, options = {}) => driver.seed({ name: torrentName, files, ...options }),
    download: source => driver.download(source),
    report: async () => driver.report(),
    close: () => driver.close(),
  }
}

/** Runs a step within a time; when it fails (or always, with SHOAL_TEST_VERBOSE), says what every peer was doing. */
export async function within<T>(
  timeoutMs: number,
  what: string,
  peers: readonly TestPeer[],
  step: () => Promise<T>,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${timeoutMs / 1000} s`)), timeoutMs)
  })
  const tell = async (): Promise<void> => {
    for (const peer of peers) {
      const report = await peer.report().catch(failure => `no report: ${failure}`)
      console.error(`── ${what}: ${peer.name}\n${report}`)
    }
  }
  try {
    const result = await Promise.race([step(), timeout])
    if (process.env.SHOAL_TEST_VERBOSE) await tell()
    return result
  } catch (error) {
    await tell()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Every file, and nothing else, byte for byte. */
export function assertArrived({ files, error }: Download, { expected }: Content): void {
  assert.equal(error, undefined)
  const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1)
  assert.deepEqual([...files].sort(byPath), [...expected].sort(byPath))
}

async function inPage(
  lifetime: Lifetime,
  name: string,
  library: 'shoal' | 'webTorrent',
  { browser, siteUrl, trackers }: PageOptions,
): Promise<WebTorrentTestPeer> {
  const page = await openVisitor(lifetime, browser, siteUrl)
  await page.addScriptTag({ type: 'module', url: new URL('/peers.js', siteUrl).href })
  await page.waitForFunction(() => globalThis.peers !== undefined)
  await page.evaluate(
    async (made, urls) => {
      globalThis.peer = await globalThis.peers[made](urls)
    },
    library,
    trackers,
  )
  return {
    name,
    seed: ({ name: torrentName, files }, options = {}) =>
      page.evaluate(request => peer.seed(request), { name: torrentName, files, ...options }),
    download: source => page.evaluate(wanted => peer.download(wanted), source),
    seedTorrent: (torrent, bytes, pieceLength) =>
      page.evaluate((...given) => peers.seedTorrent(...given), torrent, toBase64(bytes), pieceLength),
    report: () => page.evaluate(() => peer.report()),
    async close() {
      if (page.isClosed()) return
      await page.evaluate(() => peer.close())
      await page.close()
    },
  }
}

async function openInNode(files: readonly SourceFile[]): Promise<SeedFile[]> {
  const { place, path } = files[0]!
  if (place !== undefined) {
    const above = place.slice(0, -path.length)
    return filesFromDisk([above + path.slice(0, path.indexOf('/'))])
  }
  return files.map(({ path: to, seed, length }) => ({ path: to, data: new Blob([...payloadChunks(seed!, length)]) }))
}
