/** From which size on a file is worth listing: small files from peers, beside the same from an origin over HTTP/2, on a visitor's line. */
import type { Browser, Page } from 'puppeteer-core'
import { launchBrowser } from '../e2e/support/browser.ts'
import { shapeNetwork } from '../e2e/support/network.ts'
import { Scope } from '../e2e/support/scope.ts'
import { type Bench, type Ground, interleave, type Row, withVisitors } from './bench.ts'
import { type Http2Origin, startHttp2Origin } from './http2-origin.ts'
import { pairedRatio } from './statistics.ts'

const KIB = 1024
const SIZES = [4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB]
/** Pictures of a page. */
const FILES = 32
const SEEDS = 2
/** 20 Mbit/s down, 5 up. */
const LINE = { downloadBytesPerSecond: 2_500_000, uploadBytesPerSecond: 625_000 }
/** Chromium adds its latency once to a request of HTTP, and to each direction of a data channel. */
const ROUND_TRIP_MS = 40
/** Fetched before the clock starts: connections are there, and have found their speed. */
const WARM_BYTES = 256 * KIB

export interface Loaded {
  /** Of one file, and then of all others at once. */
  readonly oneMs: number
  readonly allMs: number
  /** On the wire beside the bytes of the files, for each of them. */
  readonly extraBytes: number
}

export const breakEven: Bench = {
  name: 'break-even',
  title: 'small files from peers and over HTTP/2',
  secondsPerRun: 45,
  async run(ground) {
    const scope = new Scope()
    ground.scope.after(() => scope.close())
    try {
      const origin = await startHttp2Origin(scope)
      const browser = await launchBrowser(scope, 'chromium', {
        hasWindows: true,
        args: ['--ignore-certificate-errors'],
      })
      const contenders: Record<string, () => Promise<Loaded>> = {}
      for (const size of SIZES) {
        contenders[`peers ${size}`] = () => fromPeers(ground, browser, size)
        contenders[`HTTP ${size}`] = () => fromOrigin(ground, browser, origin, size)
      }
      const loaded = await interleave(ground, contenders)
      return SIZES.flatMap(size => rowsOf(size, loaded[`peers ${size}`]!, loaded[`HTTP ${size}`]!))
    } finally {
      await scope.close()
    }
  },
}

function rowsOf(size: number, peers: readonly Loaded[], http: readonly Loaded[]): Row[] {
  const row = (what: string, unit: string, figure: keyof Loaded, notes: readonly string[] = []): Row[] => {
    const [ours, theirs] = [peers, http].map(all => all.map(each => each[figure]))
    return [
      {
        what: `${what}, peers`,
        values: ours!,
        unit,
        ratio: { to: 'HTTP/2', values: pairedRatio(ours!, theirs!) },
        ...(notes[0] !== undefined && { note: notes[0] }),
      },
      { what: `${what}, HTTP/2`, values: theirs!, unit, ...(notes[1] !== undefined && { note: notes[1] }) },
    ]
  }
  const name = `${size / KIB} KiB`
  return [
    ...row(`one file of ${name}`, 'ms', 'oneMs'),
    ...row(`${FILES} files of ${name} at once`, 'ms', 'allMs'),
    ...row(`beside the bytes of a file of ${name}`, 'B', 'extraBytes', ['down to DTLS', 'above TLS']),
  ]
}

/** Two visitors have the files; a third one is connected to both, and wants them. */
async function fromPeers(ground: Ground, browser: Browser, size: number): Promise<Loaded> {
  return withVisitors({ ...ground, browser }, SEEDS + 1, async pages => {
    const [leech, ...seeds] = pages as [Page, ...Page[]]
    await Promise.all(pages.map(prepare))
    await shapeNetwork(leech, { ...LINE, latencyMs: ROUND_TRIP_MS / 2 })
    const torrents = await Promise.all(seeds.map(page => seed(page, ground.trackerUrl, size)))
    return leech.evaluate(
      async (torrentBytes, seedCount) => {
        const { Shoal } = await kit.shoal()
        const torrent = new Shoal({ iceServers: [] }).add(Uint8Array.from(torrentBytes), { select: 'none' })
        await kit.within(30_000, 'The torrent', torrent.ready)
        const [warm, one, ...others] = torrent.files.map(file => () => file.arrayBuffer())
        await kit.within(30_000, 'The first file', warm!())
        await kit.within(30_000, 'Connecting to all seeds', globalThis.breakEven.connected(torrent, seedCount))
        // The last one is never fetched: whoever has everything needs seeds no longer.
        others.pop()
        return globalThis.breakEven.timed(one!, others, globalThis.breakEven.wireBytes)
      },
      torrents[0]!,
      SEEDS,
    )
  })
}

/** The same files from the origin, over a connection that is there. */
async function fromOrigin(ground: Ground, browser: Browser, origin: Http2Origin, size: number): Promise<Loaded> {
  return withVisitors({ ...ground, browser }, 1, async ([page]) => {
    await prepare(page!)
    await shapeNetwork(page!, { ...LINE, latencyMs: ROUND_TRIP_MS })
    await page!.exposeFunction('carriedBytes', () => origin.carriedBytes)
    return page!.evaluate(
      async urls => {
        const [warm, one, ...others] = urls.map(url => async () => {
          const response = await fetch(url, { cache: 'no-store', credentials: 'omit' })
          return response.arrayBuffer()
        })
        await warm!()
        others.pop()
        return globalThis.breakEven.timed(one!, others, () => carriedBytes())
      },
      lengthsOf(size).map((length, seedOfBytes) => `${origin.url}${seedOfBytes}/${length}`),
    )
  })
}

/** Resolves with the .torrent when it can be joined. */
function seed(page: Page, trackerUrl: string, size: number): Promise<number[]> {
  return page.evaluate(
    async (tracker, lengths) => {
      const { Shoal } = await kit.shoal()
      const client = new Shoal({ trackers: [tracker], iceServers: [] })
      kit.kept.set('client', client)
      const files = lengths.map((length, i) => {
        return { path: `site/${String(i).padStart(2, '0')}.bin`, data: kit.payload({ seed: i, length }) }
      })
      const torrent = client.seed(files, { version: 'v2', pieceLength: 65_536 })
      await torrent.ready
      return [...torrent.metainfo]
    },
    trackerUrl,
    lengthsOf(size),
  )
}

/** Of the file that comes before, of the single one, of those that come at once, and of one that stays away. */
function lengthsOf(size: number): number[] {
  return [WARM_BYTES, ...new Array<number>(FILES + 2).fill(size)]
}

/** Loads all that a page needs before it is put behind its line, which would make some of them late. */
async function prepare(page: Page): Promise<void> {
  await page.addScriptTag({ type: 'module', url: '/break-even.js' })
  await page.waitForFunction(() => globalThis.breakEven !== undefined)
  await page.evaluate(async () => void (await kit.shoal()))
}
