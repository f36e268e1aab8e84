/** What pages of a listed site have at hand, as `globalThis.site`: requests whose answers can be compared, the worker, the store, and a tab that leads. */
import { promisifyRequest } from 'idb-keyval'
import { fromHex } from '../../../../src/metainfo/bytes.ts'
import { type FromLeader, type FromPage, readToLeader, readToPage, type ToLeader } from '../../../../src/site/bridge.ts'
import { layerKey, pieceKey, SITE_STORE_NAME } from '../../../../src/site/keys.ts'
import { keepBytes } from '../../../../src/site/worker/shelf.ts'
import { payloadBytes } from '../payload.ts'
import { toBase64 } from '../peer-types.ts'
import type { Facts } from '../listed-site.ts'

export interface Asked {
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cache?: RequestCache
  readonly mode?: RequestMode
  readonly integrity?: string
}

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** SHA-256 of the body in hex; 'failed' when it did not come whole. */
  readonly body: string
  readonly length: number
}

/** How a leader behaves. */
export interface LeaderOptions {
  readonly epoch: number
  /** Files it has, payloads by their seeds, by the root in hex. */
  readonly files: Readonly<
    Record<string, { readonly seed: number; readonly length: number; readonly pieceLength: number }>
  >
  readonly manner?: 'honest' | 'lies' | 'silent' | 'none' | 'floods' | 'bye'
  /** Stops sending after so many pieces and says nothing more. */
  readonly diesAfter?: number
}

const HEADERS = ['content-type', 'content-length', 'content-range', 'accept-ranges', 'etag', 'x-content-type-options']

const scope = 'site-under-test'

const heard: ToLeader[] = []
let version: number | undefined
let leading: LeaderOptions | undefined

navigator.serviceWorker.addEventListener('message', ({ data }) => {
  if (readToPage(data) === undefined) return
  toolkit.whoCount++
  introduce()
})
// A page that adds its listeners late must say so.
navigator.serviceWorker.startMessages()

function introduce(): void {
  const worker = navigator.serviceWorker.controller
  if (version !== undefined) worker?.postMessage(['shoal-page', version] satisfies FromPage)
  if (leading === undefined) return
  const { port1, port2 } = new MessageChannel()
  const options = leading
  port1.onmessage = ({ data }) => answer(port1, data, options)
  worker?.postMessage(['shoal-leader', options.epoch] satisfies FromPage, [port2])
}

/** Gets that are under way, by id: what is left, and the credit. */
const gets = new Map<number, { rootHex: string; next: number; end: number; credit: number }>()
let sentCount = 0

function answer(port: MessagePort, data: unknown, options: LeaderOptions): void {
  const message = readToLeader(data)
  if (message === undefined) throw new Error(`Not a message: ${JSON.stringify(data)}`)
  heard.push(message)
  const { manner = 'honest', diesAfter = Number.POSITIVE_INFINITY } = options
  const say = (reply: FromLeader): void => port.postMessage(reply)
  if (manner === 'silent' || sentCount >= diesAfter) return
  if (manner === 'bye') return say(['bye'])
  switch (message[0]) {
    case 'ping':
      return say(['pong'])
    case 'get': {
      const [, id, rootHex, next, end, credit] = message
      if (manner === 'none' || options.files[rootHex] === undefined) return say(['none', id])
      gets.set(id, { rootHex, next, end, credit })
      break
    }
    case 'more':
      if (gets.has(message[1])) gets.get(message[1])!.credit += message[2]
      break
    case 'cancel':
      gets.delete(message[1])
  }
  for (const [id, get] of gets) {
    const { seed, length, pieceLength } = options.files[get.rootHex]!
    while (get.next < get.end && (get.credit > 0 || manner === 'floods') && sentCount < diesAfter) {
      const offset = get.next * pieceLength
      const bytes = payloadBytes(seed, offset, Math.min(pieceLength, length - offset))
      if (manner === 'lies') bytes[0]! ^= 1
      port.postMessage(['piece', id, get.next, bytes] satisfies FromLeader, [bytes.buffer])
      get.next++
      get.credit--
      sentCount++
    }
  }
}

async function openStore(): Promise<IDBDatabase> {
  return promisifyRequest(indexedDB.open(SITE_STORE_NAME))
}

const toolkit = {
  whoCount: 0,

  /** Registers a worker and waits until it has control. */
  async control(script = '/shoal-sw.js'): Promise<void> {
    const controlled = new Promise<void>(resolve => {
      if (navigator.serviceWorker.controller) resolve()
      navigator.serviceWorker.addEventListener('controllerchange', () => resolve())
    })
    await navigator.serviceWorker.register(script, { updateViaCache: 'none' })
    await controlled
  },

  async ask({ path, ...init }: Asked): Promise<Answered> {
    const response = await fetch(path, init)
    const headers: Record<string, string> = {}
    for (const name of HEADERS) if (response.headers.has(name)) headers[name] = response.headers.get(name)!
    try {
      const bytes = await response.arrayBuffer()
      return { status: response.status, headers, body: await kit.sha256(new Blob([bytes])), length: bytes.byteLength }
    } catch {
      return { status: response.status, headers, body: 'failed', length: 0 }
    }
  },

  askAll(all: readonly Asked[]): Promise<Answered[]> {
    return all.reduce(
      async (before, asked) => [...(await before), await toolkit.ask(asked)],
      Promise.resolve([] as Answered[]),
    )
  },

  /** Reads a little of a body and gives it up. */
  async askAndLeave(path: string, headers: Record<string, string> = {}): Promise<void> {
    const reader = (await fetch(path, { headers })).body!.getReader()
    await reader.read()
    await reader.cancel()
  },

  /** Puts a file's piece hashes into the store, as the page script does. */
  async putLayer({ rootHex, layerHex }: Facts): Promise<void> {
    if (layerHex !== '') await keepBytes(layerKey(scope, rootHex), fromHex(layerHex)!)
  },

  /** Puts pieces of a file into the store. */
  async putPieces({ rootHex, pieceLength }: Facts, base64: string, pieces: readonly number[]): Promise<void> {
    const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0))
    for (const piece of pieces) {
      const part = bytes.slice(piece * pieceLength, (piece + 1) * pieceLength)
      await keepBytes(pieceKey(scope, rootHex, piece * pieceLength, part.length), part)
    }
  },

  /** Pieces of a file that the store holds. */
  async storedPieces({ rootHex, pieceLength }: Facts): Promise<number[]> {
    const database = await openStore()
    if (!database.objectStoreNames.contains('places')) {
      database.close()
      return []
    }
    const keys = await promisifyRequest(database.transaction('places').objectStore('places').getAllKeys())
    database.close()
    const offsets = keys.map(key => String(key).match(new RegExp(`^${scope}/${rootHex}/(\\d+)/`))?.[1])
    return offsets.filter(offset => offset !== undefined).map(offset => Number(offset) / pieceLength)
  },

  /** Resolves when the store holds so many pieces of a file. */
  async untilStored(facts: Facts, count: number): Promise<void> {
    while ((await toolkit.storedPieces(facts)).length < count) await new Promise(resolve => setTimeout(resolve, 10))
  },

  /** Turns a bit of a stored piece. */
  async alterPiece({ rootHex, pieceLength }: Facts, piece: number): Promise<void> {
    const database = await openStore()
    const transaction = database.transaction(['places', 'values'], 'readwrite')
    const prefix = `${scope}/${rootHex}/${piece * pieceLength}/`
    const range = IDBKeyRange.bound(prefix, `${prefix}~`)
    const place = await promisifyRequest(transaction.objectStore('places').get(range))
    const value: Uint8Array = await promisifyRequest(transaction.objectStore('values').get(place.pack))
    value[place.offset + 5]! ^= 1
    transaction.objectStore('values').put(value, place.pack)
    await promisifyRequest(transaction)
    database.close()
  },

  async deleteStore(): Promise<void> {
    await promisifyRequest(indexedDB.deleteDatabase(SITE_STORE_NAME))
  },

  /** Leaves a database of a later version, which the worker cannot open. */
  async blockStore(): Promise<void> {
    await toolkit.deleteStore()
    const database = await promisifyRequest(indexedDB.open(SITE_STORE_NAME, 99))
    database.close()
  },

  /** Tells the worker which version this page is of; again whenever it asks. */
  beVersion(number: number): void {
    version = number
    introduce()
  },

  /** Leads from now on; again whenever the worker asks. */
  lead(options: LeaderOptions): void {
    leading = options
    sentCount = 0
    heard.length = 0
    introduce()
  },

  /** What the worker said to this leader, without bytes. */
  heard: (): readonly ToLeader[] => heard,

  toBase64,
}

export type SiteKit = typeof toolkit

declare global {
  var site: SiteKit
}

globalThis.site = toolkit
