/**
 * The bridge: what the service worker and a site's pages say to each other. The worker can have no RTCPeerConnection, so the
 * swarms live in a page, the leader, and pieces come over a MessagePort, which every browser can hand over.
 *
 * Messages are arrays, a word first. Those between a page and the worker share their channel with the site's own, hence their prefix.
 *
 *     worker → every page    shoal-who          when it was started anew or lost its leader: who leads, what are you?
 *     page → worker          shoal-page         its `data-version`: in answer, when it loads, and every 20 s at the most while it
 *                                               feeds the worker, which browsers stop after 30 s without an event
 *     leader → worker        shoal-leader       and a MessagePort; the highest epoch leads
 *     worker → leader        get                pieces `first` to `end` (exclusive) of a file, in order; `credit` of them may be sent
 *                            need               the same, of a file that the origin cannot be asked for: the leader may look for it
 *                            more               so many more may be sent
 *                            cancel             nobody wants the rest
 *                            kept               the worker took this piece from the origin, verified it and put it into the store
 *                            ping               answered at once
 *     leader → worker        piece              of a get
 *                            none               the leader will not send the rest: it comes from the origin
 *                            pong
 *                            bye                it leads no longer
 *
 * A leader that owes pieces and does not answer a ping within `silenceMs` counts as gone. What it sends is verified like everything else.
 */

export const BRIDGE_LIMITS = {
  /** How often a leader that owes a piece is pinged; it is gone when nothing came from it between two pings. */
  silenceMs: 1_000,
  /** How long a request waits for a leader to show itself, once after each start of the worker: a few turns of a page. */
  discoveryMs: 50,
  /** How long a leader is waited for where nobody else can be asked: so long it takes until another tab leads. */
  successionMs: 2_000,
  /** Bytes of pieces that a leader may send ahead, but one piece at least. */
  creditBytes: 1024 * 1024,
  /** How long a page has to say that it has the tag. */
  introductionMs: 10_000,
  /** Pages whose versions the worker remembers; with one more it begins anew, and asks them. */
  pagesMax: 256,
} as const

/** Roots are 64 hexadecimal digits; every number is whole. */
export type ToPage = readonly ['shoal-who', tableVersion: number]
export type FromPage = readonly ['shoal-page', version: number] | readonly ['shoal-leader', epoch: number]
export type ToLeader =
  | readonly ['get' | 'need', id: number, rootHex: string, first: number, end: number, credit: number]
  | readonly ['more', id: number, count: number]
  | readonly ['cancel', id: number]
  | readonly ['kept', rootHex: string, piece: number]
  | readonly ['ping']
export type FromLeader =
  | readonly ['piece', id: number, piece: number, bytes: Uint8Array]
  | readonly ['none', id: number]
  | readonly ['pong']
  | readonly ['bye']

// Forms of messages: n is a number, b bytes, and what else there is follows a quote.
const TO_PAGE = /^"shoal-who,n$/
const FROM_PAGE = /^"shoal-(page|leader),n$/
const TO_LEADER = /^"((get|need),n,"[\da-f]{64},n,n,n|more,n,n|cancel,n|kept,"[\da-f]{64},n|ping)$/
const FROM_LEADER = /^"(piece,n,n,b|none,n|pong|bye)$/

/** undefined for whatever is no such message: the site's own, or of another version. */
export function readToPage(data: unknown): ToPage | undefined {
  return read(TO_PAGE, data)
}

/** undefined for whatever is no such message: the site's own, or of another version. */
export function readFromPage(data: unknown): FromPage | undefined {
  return read(FROM_PAGE, data)
}

/** undefined for whatever is no such message. Whether `first`, `end` and `piece` lie within the file is for the reader to check. */
export function readToLeader(data: unknown): ToLeader | undefined {
  return read(TO_LEADER, data)
}

/** undefined for whatever is no such message. Whether a piece was asked for, and its length, are for the reader to check. */
export function readFromLeader(data: unknown): FromLeader | undefined {
  return read(FROM_LEADER, data)
}

function read<Message>(form: RegExp, data: unknown): Message | undefined {
  if (!Array.isArray(data)) return undefined
  const fields = data.map(field =>
    Number.isSafeInteger(field) ? 'n' : field instanceof Uint8Array ? 'b' : `"${field}`,
  )
  return form.test(fields.join()) ? (data as Message) : undefined
}
