/** What a torrent can be made of (files, a magnet, a `.torrent`, a URL of one), and what each comes to. */
import { createTorrent, type CreateOptions } from '../create.ts'
import { messageOf, ShoalError } from '../errors.ts'
import { toHex } from '../metainfo/bytes.ts'
import { type Magnet, parseMagnet } from '../metainfo/magnet.ts'
import { type Metainfo, parseMetainfo } from '../metainfo/metainfo.ts'
import type { PieceHashes } from '../metainfo/piece-hashes.ts'
import { trackerTiers, webSeedUrls } from '../metainfo/urls.ts'
import { METAINFO_LIMITS } from '../options.ts'
import type { TorrentRecord } from '../ports.ts'
import type { OwnFile } from '../store/blobs.ts'

/** What is known of a torrent before its swarm is joined. */
export interface Origins {
  /** Absent for a magnet whose metadata peers will send. */
  readonly metainfo?: Metainfo
  readonly magnet?: Magnet
  /** The user's own files, when seeding. */
  readonly files?: readonly OwnFile[]
  /** What a person should know of how the torrent was made, in sentences. */
  readonly warnings?: readonly string[]
}

/** Files as `seed` takes them, in one form. @throws ShoalError `invalid-argument` */
export function seedFiles(files: Iterable<File | OwnFile> | ArrayLike<File>): OwnFile[] {
  return Array.from((files as ArrayLike<File | OwnFile> | null) ?? [], file => {
    if (typeof File !== 'undefined' && file instanceof File) {
      return { path: file.webkitRelativePath || file.name, data: file }
    }
    const { path, data, handle } = (file ?? {}) as Partial<OwnFile>
    const isData = typeof data === 'object' && data !== null && 'slice' in data
    if (typeof path === 'string' && path !== '' && isData) return { path, data, handle }
    const message = 'seed() takes File objects or { path, data } with data a Blob or Uint8Array.'
    throw new ShoalError('invalid-argument', message)
  })
}

/** Hashes files into a torrent that is seeded from them. @throws see `createTorrent` */
export async function hashFiles(files: readonly OwnFile[], options: CreateOptions): Promise<Origins> {
  const created = await createTorrent(files, options)
  const { layout, sources, warnings } = created
  const own = layout.files.map(({ path }, file) => ({ ...files[sources[file]!]!, path }))
  return { metainfo: created, files: own, warnings }
}

/**
 * Reads a magnet, an infohash or the bytes of a `.torrent`.
 * @throws ShoalError `invalid-magnet`, `invalid-torrent`; `invalid-argument` for what is none of these
 */
export function readSource(source: string | Uint8Array): Origins {
  if (source instanceof Uint8Array) return { metainfo: parseMetainfo(source) }
  if (typeof source === 'string') return { magnet: parseMagnet(source) }
  const message = 'add() takes a magnet link, an infohash, or the bytes or the URL of a .torrent.'
  throw new ShoalError('invalid-argument', message)
}

export function isTorrentUrl(source: string | URL | Uint8Array): boolean {
  return source instanceof URL || (typeof source === 'string' && /^(https?|blob|data):/i.test(source.trim()))
}

/** Fetches a `.torrent`. @throws ShoalError `invalid-torrent`, also when it cannot be fetched; what `fetch` throws */
export async function fetchTorrent(
  url: string,
  fetch: (url: string, init: RequestInit) => Promise<Response>,
  signal: AbortSignal,
): Promise<Origins> {
  let bytes: Uint8Array
  try {
    const response = await fetch(url, { signal })
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    bytes = await readBounded(response, METAINFO_LIMITS.metadataBytesMax * 2)
  } catch (error) {
    if (signal.aborted) throw new ShoalError('aborted', 'Adding the torrent was stopped.', { cause: error })
    if (error instanceof ShoalError) throw error
    const message = `The torrent at ${url} could not be fetched (${messageOf(error)}). Check the address; other sites must allow it by CORS.`
    throw new ShoalError('invalid-torrent', message, { cause: error, details: { url } })
  }
  return { metainfo: parseMetainfo(bytes) }
}

/** A remembered torrent, with its files where the browser still grants them. */
export async function recordOrigins(record: TorrentRecord): Promise<Origins> {
  const metainfo = parseMetainfo(record.metainfo)
  if (record.sources === undefined) return { metainfo }
  const files: OwnFile[] = []
  for (const { path, data } of record.sources) {
    // Without a grant the file counts as missing; its handle stays remembered, for the next time.
    if (data instanceof Blob) files.push({ path, data })
    else files.push({ path, data: (await grantedFile(data))!, handle: data })
  }
  return { metainfo, files }
}

/** The same torrent with more trackers and web seeds beside its own. */
export function withSources(metainfo: Metainfo, trackers: readonly string[], webSeeds: readonly string[]): Metainfo {
  return {
    ...metainfo,
    trackers: trackerTiers([...metainfo.trackers, ...trackers]),
    webSeeds: webSeedUrls([...metainfo.webSeeds, ...webSeeds]),
  }
}

/** The same torrent with every piece layer that is known by now. */
export function withLayers(metainfo: Metainfo, hashes: PieceHashes | undefined): Metainfo {
  if (hashes === undefined) return metainfo
  const pieceLayers = new Map(metainfo.pieceLayers)
  for (const [file, { piecesRoot }] of metainfo.layout.files.entries()) {
    const layer = hashes.layer(file)
    if (layer !== undefined && piecesRoot !== undefined) pieceLayers.set(toHex(piecesRoot), layer)
  }
  return { ...metainfo, pieceLayers }
}

/** Hex of the 20 bytes that trackers and handshakes know a torrent by. */
export function wireHashOf({ metainfo, magnet }: Origins): Uint8Array {
  return metainfo?.wireInfoHash ?? magnet?.infoHashV1 ?? magnet!.infoHashV2!.subarray(0, 20)
}

/** Each once. */
export function union(a: readonly string[] = [], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])]
}

export function hexOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && toHex(bytes)
}

async function grantedFile(handle: FileSystemFileHandle): Promise<File | undefined> {
  const asking = handle as FileSystemFileHandle & { queryPermission?(mode: { mode: 'read' }): Promise<PermissionState> }
  const state = (await asking.queryPermission?.({ mode: 'read' })) ?? 'granted'
  return state === 'granted' ? handle.getFile().catch(() => undefined) : undefined
}

async function readBounded(response: Response, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  const reader = response.body!.getReader()
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    length += value!.length
    if (length > bytesMax) {
      await reader.cancel()
      throw new Error(`it is larger than ${bytesMax} bytes`)
    }
    parts.push(value!)
  }
  return new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer())
}
