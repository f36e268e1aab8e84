/**
 * What the tabs of a browser say to each other, over a BroadcastChannel. Arrays, a word first; whatever is none of these is passed over.
 *
 *     tab → leader    loading, loaded     a page begins to load; its load event is over
 *                     version             of its deploy
 *                     used                resources that it loaded
 *                     prefetch            wants a file in the store
 *                     ask                 wants to know how things are: `state` follows
 *     leader → tabs   leading             from now on: who has loaded what?
 *                     state               bytes by source, and which deploy holds
 *                     prefetched          whether it is there now
 *     tab → all       consent             the visitor has said something
 */
import type { SiteStats } from './stats.ts'

/** A resource that a page loaded, as Resource Timing has it. */
export interface Loaded {
  readonly url: string
  /** Bytes that came over the network, headers included; 0 from a cache. */
  readonly transferBytes: number
  readonly bodyBytes: number
  readonly durationMs: number
  /** The service worker answered. */
  readonly isByWorker: boolean
  /** A script asked for it. */
  readonly isByScript: boolean
  /** It was broken off, and the browser does not tell how much of it had come. */
  readonly isBrokenOff: boolean
}

export type TabWord =
  | readonly ['loading' | 'loaded', tab: number]
  | readonly ['version', version: number]
  | readonly ['used', resources: readonly Loaded[]]
  | readonly ['prefetch', id: string, url: string]
  | readonly ['ask' | 'leading']
  | readonly ['state', stats: SiteStats]
  | readonly ['prefetched', id: string, isThere: boolean]
  | readonly ['consent']

/** The channel of all tabs of a site. */
export function tabChannelName(manifestUrl: string): string {
  return `shoal ${manifestUrl}`
}

/** Where the browser gives a page no storage, it may know of no other tabs either: nobody hears then. */
export function openChannel(name: string): Pick<BroadcastChannel, 'postMessage' | 'onmessage' | 'close'> {
  try {
    return new BroadcastChannel(name)
  } catch {
    return { postMessage() {}, onmessage: null, close() {} }
  }
}
