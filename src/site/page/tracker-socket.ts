/**
 * The WebSocket to trackers that a site's page gives its client. All signaling of the page passes through it: it takes out of
 * descriptions what the policy does not let through, adds the bytes by source to announces, and brings the site's pointer to the
 * tracker and from it. Toward a tracker without these extensions (`tracker/PROTOCOL.md`, "Sites") the filter alone remains.
 */
import { equalBytes } from '../../metainfo/bytes.ts'
import type { WebSocketLike } from '../../net/tracker-types.ts'
import { isFields } from '../../protocol/tracker.ts'
import type { Fields, SiteExtension } from '../../protocol/tracker.ts'
import {
  encodePointer,
  fieldsOf,
  parsePointer,
  parseSiteExtensions,
  SITE_EXTENSIONS,
  SOURCES,
} from '../../protocol/tracker-site.ts'
import type { SiteTotals } from '../../protocol/tracker-site.ts'
import { filterDescription, incoming, outgoing } from './candidates.ts'
import type { CandidateFilter, CandidatePolicy } from './candidates.ts'

/** Asked anew for each message. */
export interface SiteSocketHooks {
  candidates(): CandidatePolicy
  /** The newest pointer that the page believes, byte for byte. */
  pointer(): Uint8Array | undefined
  /** A tracker hands on another pointer. Nothing of it is checked but that it has 512 bytes at the most. */
  onPointer(pointer: Uint8Array): void
  /** What the page took since it began; undefined where the owner wants no figures. */
  totals(): SiteTotals | undefined
}

export interface SiteSockets {
  /** For `Platform`. */
  readonly WebSocket: new (
    url: string,
  ) => WebSocketLike
  /** To be called when `pointer()` has become another: connected trackers are told. */
  tellPointer(): void
}

const NOTHING: SiteTotals = { peers: 0, origin: 0, cache: 0, wasted: 0, duplicates: 0 }

/** @param Base the WebSocket that carries the text */
export function siteSockets(Base: new (url: string) => WebSocketLike, hooks: SiteSocketHooks): SiteSockets {
  const open = new Set<SiteSocket>()
  /** What each tracker has been told, by its URL: a new socket goes on from there, so that no byte is counted twice. */
  const told = new Map<string, SiteTotals>()

  class SiteSocket implements WebSocketLike {
    onopen: WebSocketLike['onopen'] = null
    onmessage: WebSocketLike['onmessage'] = null
    onerror: WebSocketLike['onerror'] = null
    onclose: WebSocketLike['onclose'] = null
    readonly terminate: WebSocketLike['terminate']
    readonly #base: WebSocketLike
    readonly #url: string
    readonly #toldBefore: SiteTotals
    #extensions: readonly SiteExtension[] = []
    /** What this tracker was told, and what it told, last. */
    #told: Uint8Array | undefined
    #heard: Uint8Array | undefined

    constructor(url: string) {
      const base = new Base(url)
      this.#base = base
      this.#url = url
      this.#toldBefore = told.get(url) ?? NOTHING
      if (base.terminate) this.terminate = () => base.terminate?.()
      base.onopen = (event: never) => {
        open.add(this)
        this.onopen?.(event)
      }
      base.onmessage = (event: { data: unknown }) => this.#receive(event)
      base.onerror = (event: never) => this.onerror?.(event)
      base.onclose = (event: never) => {
        open.delete(this)
        this.onclose?.(event)
      }
    }

    get readyState(): number {
      return this.#base.readyState
    }

    send(text: string): void {
      const message = filterMessage(JSON.parse(text) as Fields, outgoing(hooks.candidates()))
      if (message === undefined) return
      this.#base.send(JSON.stringify(message.event === undefined ? message : this.#announce(message)))
    }

    close(): void {
      this.#base.close()
    }

    tellPointer(): void {
      const pointer = hooks.pointer()
      if (pointer === undefined || !this.#extensions.includes('pointer')) return
      if (isSame(pointer, this.#told) || isSame(pointer, this.#heard)) return
      this.#told = pointer
      this.#base.send(encodePointer(pointer))
    }

    #announce(announce: Fields): Fields {
      const extensions: unknown[] = Array.isArray(announce.extensions) ? announce.extensions : []
      const totals = this.#extensions.includes('stats') ? hooks.totals() : undefined
      if (totals !== undefined) told.set(this.#url, totals)
      return {
        ...announce,
        extensions: [...extensions, ...SITE_EXTENSIONS],
        stats: totals && difference(totals, this.#toldBefore),
      }
    }

    #receive(event: { data: unknown }): void {
      const fields = typeof event.data === 'string' ? fieldsOf(event.data) : undefined
      if (fields?.action === 'pointer') {
        // It has no time to check pointers: it is told again after its next reply.
        if (fields.code === 'limit') this.#told = undefined
        const pointer = parsePointer(fields)
        if (pointer === undefined || isSame(pointer, hooks.pointer())) return
        this.#heard = pointer
        hooks.onPointer(pointer)
        return
      }
      const message = fields && filterMessage(fields, incoming(hooks.candidates()))
      // A candidate that is not to be tried.
      if (fields !== undefined && message === undefined) return
      const passedOn = message === fields ? event : { data: JSON.stringify(message) }
      this.onmessage?.(passedOn as never)
      if (!Array.isArray(fields?.extensions)) return
      this.#extensions = parseSiteExtensions(fields.extensions)
      this.tellPointer()
    }
  }

  return {
    WebSocket: SiteSocket,
    tellPointer() {
      for (const socket of open) socket.tellPointer()
    },
  }
}

/** A message of either direction with its candidates filtered: itself where it has none, undefined where nothing remains of it. */
function filterMessage(fields: Fields, filter: CandidateFilter): Fields | undefined {
  const { candidate, offer, answer, offers } = fields
  const changed: Record<string, unknown> = {}
  if (isFields(candidate)) {
    // The empty one says that there are no more.
    const kept = candidate.candidate === '' ? '' : filter(String(candidate.candidate))
    if (kept === undefined) return undefined
    changed.candidate = { ...candidate, candidate: kept }
  }
  if (isFields(offer)) changed.offer = filterSdp(offer, filter)
  if (isFields(answer)) changed.answer = filterSdp(answer, filter)
  if (Array.isArray(offers)) changed.offers = offers.map((item: unknown) => filterOffer(item, filter))
  return Object.keys(changed).length === 0 ? fields : { ...fields, ...changed }
}

function filterOffer(item: unknown, filter: CandidateFilter): unknown {
  return isFields(item) && isFields(item.offer) ? { ...item, offer: filterSdp(item.offer, filter) } : item
}

function filterSdp(description: Fields, filter: CandidateFilter): Fields {
  return { ...description, sdp: filterDescription(String(description.sdp), filter) }
}

function isSame(pointer: Uint8Array, other: Uint8Array | undefined): boolean {
  return other !== undefined && equalBytes(pointer, other)
}

/** Totals may begin anew with a new session. */
function difference(totals: SiteTotals, before: SiteTotals): SiteTotals {
  const differences = SOURCES.map(source => [source, Math.max(0, totals[source] - before[source])])
  return Object.fromEntries(differences) as SiteTotals
}
