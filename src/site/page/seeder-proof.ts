/**
 * The proof of a site's own seeder, for sites whose visitors connect to nobody else (`trusted`, FORMAT.md "Policy"): a line of its session
 * description, `a=shoal-seeder:<base64>`, signs the swarm, the visitor's offer that it answers, and the certificate that the connection is
 * encrypted with. So no tracker and no visitor can stand in for a seeder, nor use its proof for another connection. Seeders do not call: an
 * offer proves nothing, for it could be one of another day.
 *
 * It is added and checked in the WebSocket to trackers, which all signaling passes; messages keep their order meanwhile.
 */
import { concatBytes, fromLatin1, fromUtf8 } from '../../metainfo/bytes.ts'
import type { WebSocketLike } from '../../net/tracker-types.ts'
import { type Fields, isFields } from '../../protocol/tracker.ts'
import { fieldsOf } from '../../protocol/tracker-site.ts'
import { isSigned, type Signer } from '../signature.ts'
import { Reticence } from './reticence.ts'

export interface ProofHooks {
  /** Of a seeder: signs what it answers. */
  readonly sign?: Signer | undefined
  /** Asked anew for each message: whose answers alone are let in, and who alone is told addresses; empty: everybody. */
  keys?(): readonly Uint8Array[]
}

type Socket = new (url: string) => WebSocketLike

const LINE = 'a=shoal-seeder:'

/** @param Base the WebSocket that carries the text */
export function proofSockets(Base: Socket, { sign, keys = () => [] }: ProofHooks): Socket {
  return class implements WebSocketLike {
    onopen: WebSocketLike['onopen'] = null
    onmessage: WebSocketLike['onmessage'] = null
    onerror: WebSocketLike['onerror'] = null
    onclose: WebSocketLike['onclose'] = null
    readonly terminate: WebSocketLike['terminate']
    readonly #base: WebSocketLike
    readonly #leaving = new Queue()
    readonly #coming = new Queue()
    readonly #reticence = new Reticence()

    constructor(url: string) {
      const base = new Base(url)
      this.#base = base
      if (base.terminate) this.terminate = () => base.terminate?.()
      base.onopen = (event: never) => this.onopen?.(event)
      base.onerror = (event: never) => this.onerror?.(event)
      base.onclose = (event: never) => this.onclose?.(event)
      base.onmessage = (event: { data: unknown }) => {
        const fields = keys().length > 0 && typeof event.data === 'string' ? fieldsOf(event.data) : undefined
        const checking = fields && isLetIn(fields, this.#reticence.ownId, keys())
        this.#coming.add(checking, isProven => {
          if (isProven === false) return
          this.onmessage?.(event as never)
          if (isProven) for (const text of this.#reticence.prove(fields!.offer_id)) this.#base.send(text)
        })
      }
    }

    get readyState(): number {
      return this.#base.readyState
    }

    send(text: string): void {
      const told = keys().length > 0 ? this.#reticence.withhold(text) : text
      if (told === undefined) return
      const signing = sign && withProofOfAnswer(told, sign)
      this.#leaving.add(signing, proven => this.#base.send(proven ?? told))
    }

    close(): void {
      this.#leaving.add(undefined, () => this.#base.close())
    }
  }
}

/** The visitor's offer that a seeder answers, by the texts of its message to the tracker (a char a byte). */
export interface AnsweredOffer {
  readonly infoHash: string
  readonly offerId: string
  readonly visitorId: string
}

/** An answer with its proof. */
export async function withProof(sdp: string, offer: AnsweredOffer, sign: Signer): Promise<string> {
  const message = messageOf(sdp, offer)
  if (message === undefined) return sdp
  const signature = await sign('seeder', message)
  return `${sdp.replace(/\r?\n$/, '')}\r\n${LINE}${btoa(String.fromCharCode(...signature))}\r\n`
}

/** Whether a seeder with one of these keys answered this offer so. */
export async function isProven(sdp: string, offer: AnsweredOffer, keys: readonly Uint8Array[]): Promise<boolean> {
  const message = messageOf(sdp, offer)
  const signature = decoded(valuesOf(sdp, LINE)[0] ?? '')
  if (message === undefined || signature === undefined) return false
  for (const key of keys) if (await isSigned('seeder', message, { key, signature })) return true
  return false
}

/** What is signed; undefined: there is no certificate, or something is not what it should be. */
function messageOf(sdp: string, { infoHash, offerId, visitorId }: AnsweredOffer): Uint8Array | undefined {
  const fingerprint = fingerprintOf(sdp)
  const ids = [infoHash, offerId, visitorId].map(fromLatin1)
  if (fingerprint === undefined || ids.some(id => id?.length !== 20)) return undefined
  return concatBytes([...(ids as Uint8Array[]), fromUtf8(fingerprint)])
}

/** undefined: none, or several, of which a browser might take another. */
function fingerprintOf(sdp: string): string | undefined {
  const [fingerprint, ...others] = new Set(valuesOf(sdp, 'a=fingerprint:'))
  return others.length === 0 ? fingerprint : undefined
}

function valuesOf(sdp: string, prefix: string): string[] {
  const lines = sdp.split(/\r?\n|\r/).filter(line => line.toLowerCase().startsWith(prefix))
  return lines.map(line => line.slice(prefix.length).trim())
}

function decoded(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64), character => character.charCodeAt(0))
  } catch {
    return undefined
  }
}

/** Of an offer or answer; undefined: it is neither. */
function isLetIn(
  { offer, answer, info_hash, offer_id }: Fields,
  visitorId: string,
  keys: readonly Uint8Array[],
): Promise<boolean> | undefined {
  if (offer !== undefined) return Promise.resolve(false)
  if (answer === undefined) return undefined
  if (!isFields(answer)) return Promise.resolve(false)
  const answered = { infoHash: String(info_hash), offerId: String(offer_id), visitorId }
  return isProven(String(answer.sdp), answered, keys).catch(() => false)
}

/** undefined: there is nothing to sign. */
function withProofOfAnswer(text: string, sign: Signer): Promise<string> | undefined {
  const fields = JSON.parse(text) as Fields
  const { answer, info_hash, offer_id, to_peer_id } = fields
  if (!isFields(answer)) return undefined
  const answered = { infoHash: String(info_hash), offerId: String(offer_id), visitorId: String(to_peer_id) }
  const proven = withProof(String(answer.sdp), answered, sign)
  return proven.then(sdp => JSON.stringify({ ...fields, answer: { ...answer, sdp } }))
}

/** Messages in their order, at once as long as none has to wait. */
class Queue {
  #last: Promise<unknown> | undefined

  /** @param preparing what it waits for; undefined: nothing */
  add<Prepared>(preparing: Promise<Prepared> | undefined, pass: (prepared: Prepared | undefined) => unknown): void {
    if (this.#last === undefined && preparing === undefined) return void pass(undefined)
    const last = (this.#last ?? Promise.resolve()).then(async () => pass(await preparing)).catch(() => {})
    this.#last = last
    void last.then(() => {
      if (this.#last === last) this.#last = undefined
    })
  }
}
