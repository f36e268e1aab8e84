/** The two libraries, driven through their public interfaces by the same steps. */
import type { Page } from 'puppeteer-core'
import type { PayloadOptions } from '../e2e/support/page/kit.ts'

export interface Contender {
  readonly name: string
  /** Seeds a payload in a page; resolves when a link to it exists. */
  seed(page: Page, payload: PayloadOptions, trackerUrl: string, options?: SeedingOptions): Promise<Seeded>
  /** Downloads by magnet and checks every byte (after the clock was stopped). */
  download(page: Page, magnet: string, payload: PayloadOptions): Promise<Download>
}

export interface SeedingOptions {
  /** Bytes. @default the library's choice */
  readonly pieceLength?: number
}

export interface Seeded {
  readonly magnet: string
  /** From the call of `seed()`, in ms. */
  readonly readyMs: number
}

/** Times from the call of `add()`, in ms. The library is loaded and its client made before. */
export interface Download {
  /** First piece verified. */
  readonly firstPieceMs: number
  /** Everything verified. */
  readonly doneMs: number
}

/** Longer than any honest download of a benchmark; what hangs is an error and not a long night. */
const DOWNLOAD_TIMEOUT_MS = 180_000

export const shoal: Contender = {
  name: 'Shoal',

  async seed(page, payload, trackerUrl, options = {}) {
    return page.evaluate(
      async (wanted, tracker, more) => {
        const { Shoal } = await kit.shoal()
        const client = new Shoal({ trackers: [tracker], iceServers: [] })
        const file = kit.payload(wanted)
        const startedAt = performance.now()
        const torrent = client.seed([file], { name: file.name, ...more })
        await torrent.ready
        const readyMs = performance.now() - startedAt
        kit.kept.set('client', client)
        return { magnet: torrent.magnetURI, readyMs }
      },
      payload,
      trackerUrl,
      options,
    )
  },

  async download(page, magnet, payload) {
    return page.evaluate(
      async (link, wanted, timeoutMs) => {
        const { Shoal } = await kit.shoal()
        const client = new Shoal({ trackers: [], iceServers: [] })
        kit.kept.set('client', client)
        const startedAt = performance.now()
        const torrent = client.add(link)
        let firstPieceMs = Number.NaN
        torrent.addEventListener('piece', () => (firstPieceMs = performance.now() - startedAt), { once: true })
        await kit.within(timeoutMs, 'The download', torrent.done)
        const doneMs = performance.now() - startedAt
        const blob = await torrent.files[0]!.blob()
        if (!(await kit.isPayload(blob, wanted))) throw new Error('Shoal delivered other bytes')
        return { firstPieceMs, doneMs }
      },
      magnet,
      payload,
      DOWNLOAD_TIMEOUT_MS,
    )
  },
}

export const webTorrent: Contender = {
  name: 'WebTorrent 3.0.21',

  async seed(page, payload, trackerUrl, options = {}) {
    return page.evaluate(
      async (wanted, tracker, more) => {
        const WebTorrent = await kit.webTorrent()
        const client = new WebTorrent({ tracker: { rtcConfig: { iceServers: [] } } })
        const file = kit.payload(wanted)
        const startedAt = performance.now()
        return new Promise<{ magnet: string; readyMs: number }>(resolve => {
          client.seed(file, { announce: [tracker], ...more }, torrent => {
            const readyMs = performance.now() - startedAt
            kit.kept.set('client', client)
            resolve({ magnet: torrent.magnetURI, readyMs })
          })
        })
      },
      payload,
      trackerUrl,
      options,
    )
  },

  async download(page, magnet, payload) {
    return page.evaluate(
      async (link, wanted, timeoutMs) => {
        const WebTorrent = await kit.webTorrent()
        const client = new WebTorrent({ tracker: { rtcConfig: { iceServers: [] } } })
        kit.kept.set('client', client)
        const startedAt = performance.now()
        const torrent = client.add(link, {})
        let firstPieceMs = Number.NaN
        torrent.on('verified', () => {
          if (Number.isNaN(firstPieceMs)) firstPieceMs = performance.now() - startedAt
        })
        await kit.within(timeoutMs, 'The download', new Promise<void>(resolve => torrent.on('done', resolve)))
        const doneMs = performance.now() - startedAt
        const blob = await torrent.files[0]!.blob()
        if (!(await kit.isPayload(blob, wanted))) throw new Error('WebTorrent delivered other bytes')
        return { firstPieceMs, doneMs }
      },
      magnet,
      payload,
      DOWNLOAD_TIMEOUT_MS,
    )
  },
}
