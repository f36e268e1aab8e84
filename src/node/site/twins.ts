/**
 * `.gz` twins: what compresses well travels compressed, since the origin would send it so too.
 *
 * A twin is listed, hashed and moved in place of its file; the origin serves it as a file of its own, without a Content-Encoding.
 */
import { stat } from 'node:fs/promises'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { equalBytes } from '../../metainfo/bytes.ts'
import { readBlob } from '../../store/blob-like.ts'
import { isCompressible } from './content-types.ts'
import type { FileState, HashCache } from './hash-cache.ts'
import type { SelectedFile } from './select.ts'

/** A twin must save a tenth: inflating costs the visitor's processor. */
const SHARE_MAX = 0.9
/** Larger files are listed as they are: they would have to be compressed in memory, and be inflated from the start for every range. */
const BYTES_MAX = 64 * 1024 * 1024

export type Twin =
  /** The file travels as it is. */
  | { readonly kind: 'none' }
  /** There already. */
  | { readonly kind: 'kept'; readonly state: FileState; readonly bytes?: Uint8Array }
  /** To be written. */
  | { readonly kind: 'made'; readonly place: string; readonly bytes: Uint8Array }
  /** The file compresses, but where its twin would be is something else, or nothing may be written. */
  | { readonly kind: 'refused' }

export interface TwinOptions {
  readonly cache: HashCache
  /** Whether twins may be written. Those that are there are used anyway. */
  readonly mayWrite: boolean
}

/** @throws ShoalError `file-changed` */
export async function twinOf(file: SelectedFile, { cache, mayWrite }: TwinOptions): Promise<Twin> {
  const plain: FileState = { place: file.place, size: file.data.size, mtimeNs: file.mtimeNs }
  if (!isCompressible(file.type) || plain.size > BYTES_MAX || cache.isIncompressible(plain)) return { kind: 'none' }
  const place = `${file.place}.gz`
  const found = await stateOf(place)
  if (found !== undefined && cache.isOwnTwin(found, plain)) return { kind: 'kept', state: found }
  const bytes = await readBlob(file.data)
  const packed = await compress(bytes)
  if (packed.length >= SHARE_MAX * bytes.length) {
    cache.setIncompressible(plain)
    return { kind: 'none' }
  }
  if (found !== undefined) {
    // Somebody else's twin is as good as ours, when it is one.
    const known = await readFile(place)
    if (known.length < SHARE_MAX * bytes.length && (await isTwin(known, bytes))) {
      cache.setTwin(found, plain)
      return { kind: 'kept', state: found, bytes: known }
    }
    if (!cache.isOwnTwin(found)) return { kind: 'refused' }
  }
  return mayWrite ? { kind: 'made', place, bytes: packed } : { kind: 'refused' }
}

/** A regular file's size and time. */
export async function stateOf(place: string): Promise<FileState | undefined> {
  const found = await stat(place, { bigint: true }).catch(() => undefined)
  return found?.isFile() ? { place, size: Number(found.size), mtimeNs: found.mtimeNs } : undefined
}

/** The same bytes on every run: gzip would note the time and the system (RFC 1952), of which zlib writes only the second. */
async function compress(bytes: Uint8Array): Promise<Uint8Array> {
  const packed = new Uint8Array(await promisify(gzip)(bytes, { level: 9 }))
  packed[9] = 255
  return packed
}

async function isTwin(packed: Uint8Array, plain: Uint8Array): Promise<boolean> {
  try {
    return equalBytes(await promisify(gunzip)(packed, { maxOutputLength: plain.length + 1 }), plain)
  } catch {
    return false
  }
}
