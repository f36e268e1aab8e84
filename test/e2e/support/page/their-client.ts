/** One client of bittorrent-tracker's own in a page, and what it tells of. */
import { Client, type FoundPeer } from 'bittorrent-tracker'

export interface TheirClientOptions {
  /** The tracker's. */
  readonly url: string
  readonly infoHash: readonly number[]
  readonly peerId: string
  /** Bytes; null: unknown. */
  readonly left: number | null
}

export interface Counts {
  readonly action: string
  readonly complete: number
  readonly incomplete: number
  readonly downloaded?: number
}

/** What it tells of, by name; of a peer, what is told is that it connected. */
export interface Told {
  readonly update: Counts
  readonly scrape: Counts
  readonly warning: string
  readonly connect: string
  readonly data: string
}

export type Act = 'start' | 'complete' | 'stop' | 'scrape'

// It is for bundlers that put Node's globals in; it uses no more of them.
Object.assign(globalThis, { process: { nextTick: (act: () => void) => queueMicrotask(act) } })

const told: { [Name in keyof Told]: Told[Name][] } = { update: [], scrape: [], warning: [], connect: [], data: [] }
const news = new EventTarget()
let client: Client
let found: FoundPeer

function tell<Name extends keyof Told>(name: Name, value: Told[Name]): void {
  told[name].push(value)
  news.dispatchEvent(new Event('told'))
}

export const theirs = {
  open({ url, infoHash, peerId, left }: TheirClientOptions): void {
    client = new Client({
      infoHash: new Uint8Array(infoHash),
      peerId: new TextEncoder().encode(peerId),
      announce: [url],
      port: 6881,
      rtcConfig: { iceServers: [] },
      getAnnounceOpts: () => ({ uploaded: 0, downloaded: 0, left, numwant: 1 }),
    })
    for (const name of ['update', 'scrape'] as const) {
      client.on(name, ({ action, complete, incomplete, downloaded }: Counts) => {
        tell(name, { action, complete, incomplete, ...(downloaded !== undefined && { downloaded }) })
      })
    }
    for (const name of ['warning', 'error']) client.on(name, error => tell('warning', String(error)))
    client.on('peer', (peer: FoundPeer) => {
      found = peer
      peer.on('connect', () => tell('connect', 'connected'))
      peer.on('data', bytes => tell('data', new TextDecoder().decode(bytes)))
      peer.on('error', () => {})
    })
  },
  act: (what: Act): void => client[what](),
  send: (text: string): void => found.send(text),
  /** Takes the first that nobody took yet, once it has come. */
  async next<Name extends keyof Told>(name: Name): Promise<Told[Name]> {
    for (;;) {
      const value = told[name].shift()
      if (value !== undefined) return value
      await new Promise(resolve => news.addEventListener('told', resolve, { once: true }))
    }
  },
  get complaints(): readonly string[] {
    return told.warning
  },
}

declare global {
  var theirs: typeof import('./their-client.ts').theirs
}
globalThis.theirs = theirs
