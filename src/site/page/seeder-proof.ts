/**
 * The proof of a site's own seeder, for sites whose visitors connect to nobody else (`trusted`, FORMAT.md "Policy"): a line of its session
 * description, `a=shoal-seeder:<base64>`, signs the swarm and the certificate that the connection is encrypted with. So no tracker and no
 * visitor can stand in for a seeder, nor use its proof for another connection.
 *
 * It is added and checked in the WebSocket to trackers, which all signaling passes; messages keep their order meanwhile.
 */
import { concatBytes, fromLatin1, fromUtf8 } from '../../metainfo/bytes.ts'
import type { WebSocketLike } from '../../net/tracker-types.ts'
import { type Fields, isFields } from '../../protocol/tracker.ts'
import { fieldsOf } from '../../protocol/tracker-site.ts'
import { isSigned, type Signer } from '../signature.ts'

export interface ProofHooks {
  /** Of a seeder: signs what it offers and answers. */
  readonly sign?: Signer | undefined
  /** Asked anew for each message: whose offers and answers alone are let in; empty: everybody's. */
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

    constructor(url: string) {
      const base = new Base(url)
      this.#base = base
      if (base.terminate) this.terminate = () => base.terminate?.()
      base.onopen = (event: never) => this.onopen?.(event)
      base.onerror = (event: never) => this.onerror?.(event)
      base.onclose = (event: never) => this.onclose?.(event)
      base.onmessage = (event: { data: unknown }) => {
        const checking = typeof event.data === 'string' ? isLetIn(event.data, keys()) : undefined
        this.#coming.add(checking, isLet => isLet !== false && this.onmessage?.(event as never))
      }
    }

    get readyState(): number {
      return this.#base.readyState
    }

    send(text: string): void {
      const signing = sign && withProofs(text, sign)
      this.#leaving.add(signing, proven => this.#base.send(proven ?? text))
    }

    close(): void {
      this.#leaving.add(undefined, () => this.#base.close())
    }
  }
}

/** A description with its proof. @param infoHash of the swarm, as on the wire */
export async function withProof(sdp: string, infoHash: Uint8Array, sign: Signer): Promise<string> {
  const fingerprint = fingerprintOf(sdp)
  if (fingerprint === undefined) return sdp
  const signature = await sign('seeder', concatBytes([infoHash, fromUtf8(fingerprint)]))
  return `${sdp.replace(/\r?\n$/, '')}\r\n${LINE}${btoa(String.fromCharCode(...signature))}\r\n`
}

/** Whether a seeder with one of these keys made the description, for this swarm. */
export async function isProven(sdp: string, infoHash: Uint8Array, keys: readonly Uint8Array[]): Promise<boolean> {
  const fingerprint = fingerprintOf(sdp)
  const signature = decoded(valuesOf(sdp, LINE)[0] ?? '')
  if (fingerprint === undefined || signature === undefined) return false
  const message = concatBytes([infoHash, fromUtf8(fingerprint)])
  for (const key of keys) if (await isSigned('seeder', message, { key, signature })) return true
  return false
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

/** undefined: nobody has to look. */
function isLetIn(text: string, keys: readonly Uint8Array[]): Promise<boolean> | undefined {
  if (keys.length === 0) return undefined
  const { offer, answer, info_hash: infoHash } = fieldsOf(text) ?? {}
  const description = offer ?? answer
  if (description === undefined) return undefined
  const swarm = fromLatin1(String(infoHash))
  if (!isFields(description) || swarm === undefined) return Promise.resolve(false)
  return isProven(String(description.sdp), swarm, keys).catch(() => false)
}

/** undefined: there is nothing to sign. */
function withProofs(text: string, sign: Signer): Promise<string> | undefined {
  const fields = JSON.parse(text) as Fields
  const { offer, answer, offers, info_hash: infoHash } = fields
  const swarm = fromLatin1(String(infoHash))
  if (!(offer ?? answer ?? offers) || swarm === undefined) return undefined
  const prove = async (description: unknown): Promise<unknown> =>
    isFields(description) ? { ...description, sdp: await withProof(String(description.sdp), swarm, sign) } : description
  const proveOffer = async (item: unknown): Promise<unknown> =>
    isFields(item) ? { ...item, offer: await prove(item.offer) } : item
  const proven = async (): Promise<string> =>
    JSON.stringify({
      ...fields,
      offer: await prove(offer),
      answer: await prove(answer),
      offers: Array.isArray(offers) ? await Promise.all(offers.map(proveOffer)) : offers,
    })
  return proven()
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
