/**
 * Pieces in packs: many small pieces rest as one value, which is what IndexedDB is fast at.
 *
 * A pack's value is a Blob of up to 1 MiB: writing it copies nothing twice, and reading one piece of it reads only that piece.
 * A piece that fills a pack alone is plain bytes, which cost a browser half as much to write. `places` says where a piece lies,
 * `packs` what a pack holds and when it was used. All functions work within a transaction of the caller's, which makes each change
 * whole or undone.
 */
import { promisifyRequest } from 'idb-keyval'
import { concatBytes } from '../metainfo/bytes.ts'
import { STORE_LIMITS } from '../options.ts'
import { readBlob } from './blob-like.ts'
import type { Pack, Place, Totals } from './database.ts'
import type { Entry } from './open-pieces.ts'
import type { ReadAhead } from './read-ahead.ts'

export interface PutOptions {
  readonly usedAt: number
  /** False where the browser cannot keep Blobs (some private modes): plain bytes then. */
  readonly asBlobs: boolean
}

/** Adds pieces whose keys have no place yet. */
export function putPieces(
  transaction: IDBTransaction,
  totals: Totals,
  entries: readonly Entry[],
  { usedAt, asBlobs }: PutOptions,
): Totals {
  const places = transaction.objectStore('places')
  let { bytes, nextPack } = totals
  for (const group of intoPacks(entries)) {
    const number = nextPack++
    let offset = 0
    for (const entry of group) {
      const { length } = entry.bytes
      places.put({ pack: number, offset, length } satisfies Place, entry.key)
      offset += length
    }
    const parts = group.map(entry => entry.bytes as Uint8Array<ArrayBuffer>)
    // Joined even where it is one: of a view the browser would copy the whole buffer.
    const isBlob = asBlobs && parts.length > 1
    transaction.objectStore('values').put(isBlob ? new Blob(parts) : concatBytes(parts), number)
    const pack: Pack = { bytes: offset, usedAt, keys: group.map(entry => entry.key) }
    transaction.objectStore('packs').put(pack, number)
    bytes += offset
  }
  return { bytes, nextPack }
}

/** Adds one piece as a pack of its own, for who writes pieces one by one. What was there under its key goes with its pack one day. */
export function putPiece(
  transaction: IDBTransaction,
  { bytes, nextPack }: Totals,
  key: string,
  piece: Uint8Array,
): Totals {
  const { length } = piece
  transaction.objectStore('places').put({ pack: nextPack, offset: 0, length } satisfies Place, key)
  transaction.objectStore('values').put(piece, nextPack)
  transaction.objectStore('packs').put({ bytes: length, usedAt: Date.now(), keys: [key] } satisfies Pack, nextPack)
  return { bytes: bytes + length, nextPack: nextPack + 1 }
}

/**
 * Forgets pieces; a pack that holds no other goes with them. Until then its bytes are in use, and count: what is removed or
 * written anew is most often all of a torrent, and else too little to write the rest of its pack again.
 */
export async function dropPieces(
  transaction: IDBTransaction,
  totals: Totals,
  keys: readonly string[],
): Promise<Totals> {
  const places = transaction.objectStore('places')
  const dropped = new Set(keys)
  const touched = new Set<number>()
  await Promise.all(
    keys.map(async key => {
      const place = placeOf(await promisifyRequest(places.get(key)))
      places.delete(key)
      if (place !== undefined) touched.add(place.pack)
    }),
  )
  let { bytes } = totals
  const packs = transaction.objectStore('packs')
  for (const number of touched) {
    const pack: Pack | undefined = await promisifyRequest(packs.get(number))
    if (pack === undefined) continue
    const left = pack.keys.filter(key => !dropped.has(key))
    if (left.length > 0) {
      packs.put({ ...pack, keys: left } satisfies Pack, number)
    } else {
      packs.delete(number)
      transaction.objectStore('values').delete(number)
      bytes -= pack.bytes
    }
  }
  return { ...totals, bytes }
}

/** A piece as it rests: its place and the whole value of its pack, which is read only where needed. */
export interface Resting {
  readonly place: Place
  /** The bytes of the whole pack, where they were read before; `value` is not asked for then. */
  readonly pack?: Promise<Uint8Array>
  readonly value?: unknown
}

export async function findPiece(
  transaction: IDBTransaction,
  key: string,
  readPack: (pack: number) => Promise<Uint8Array> | undefined,
): Promise<Resting | undefined> {
  const place = placeOf(await promisifyRequest(transaction.objectStore('places').get(key)))
  if (place === undefined) return undefined
  const pack = readPack(place.pack)
  if (pack !== undefined) return { place, pack }
  return { place, value: await promisifyRequest(transaction.objectStore('values').get(place.pack)) }
}

/**
 * The bytes of a piece, a copy; undefined when its value is gone, torn or something else. Needs no transaction.
 * @param ahead reads packs whole when it is worth it
 */
export async function readResting(resting: Resting, ahead: ReadAhead): Promise<Uint8Array | undefined> {
  const { place, value } = resting
  const end = place.offset + place.length
  let bytes: Uint8Array
  try {
    const pack =
      resting.pack ?? (value instanceof Blob ? ahead.use(String(place.pack), () => readBlob(value)) : undefined)
    if (pack !== undefined) bytes = (await pack).slice(place.offset, end)
    else if (value instanceof Blob) bytes = await readBlob(value.slice(place.offset, end))
    else if (value instanceof Uint8Array) bytes = value.slice(place.offset, end)
    else return undefined
  } catch {
    // NotReadableError, NotFoundError: the browser lost the file behind the Blob.
    return undefined
  }
  return bytes.length === place.length ? bytes : undefined
}

/** undefined for what is none, be it by another hand: such a piece is not there. */
function placeOf(value: Partial<Place> | undefined): Place | undefined {
  const { pack, offset, length } = value ?? {}
  const isPlace = [pack, offset, length].every(number => Number.isSafeInteger(number) && number! >= 0)
  return isPlace ? (value as Place) : undefined
}

function intoPacks(entries: readonly Entry[]): Entry[][] {
  const packs: Entry[][] = []
  const filling = new Map<object, { pack: Entry[]; bytes: number }>()
  for (const entry of entries) {
    let last = filling.get(entry.owner)
    if (last === undefined || last.bytes + entry.bytes.length > STORE_LIMITS.packBytesMax) {
      last = { pack: [], bytes: 0 }
      packs.push(last.pack)
      filling.set(entry.owner, last)
    }
    last.pack.push(entry)
    last.bytes += entry.bytes.length
  }
  return packs
}
