/**
 * A torrent's metainfo: the `.torrent` file (BEP 3, 12, 19, 52), or what a magnet and its peers gave of it.
 *
 * The infohashes are over the raw bytes of `info`; everything else can be left out or differ from copy to copy.
 */
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { METAINFO_LIMITS } from '../options.ts'
import { BencodeDict, BencodeList, decode, encode, type BencodeValue } from './bencode.ts'
import { fromHex, fromLatin1, toHex, toLatin1, toUtf8 } from './bytes.ts'
import { refuse } from './info-fields.ts'
import { asTorrentError, parseInfo, type Info } from './info.ts'
import { createLayout, type Layout } from './layout.ts'
import { isPieceLayer } from './merkle.ts'
import { trackerTiers, webSeedUrls } from './urls.ts'

export interface Metainfo {
  /** The raw info dict. */
  readonly infoBytes: Uint8Array
  readonly info: Info
  readonly layout: Layout
  /** Made safe for display and disk. */
  readonly name: string
  /** SHA-1 of the info dict, 20 bytes: v1 and hybrid. */
  readonly infoHashV1?: Uint8Array | undefined
  /** SHA-256 of the info dict, 32 bytes: v2 and hybrid. */
  readonly infoHashV2?: Uint8Array | undefined
  /** 20 bytes, for trackers and handshakes: the v1 infohash, or the beginning of the v2 one. */
  readonly wireInfoHash: Uint8Array
  /** Proven hashes of the pieces of files longer than a piece, by the hex of the file's root. Some or all may be missing. */
  readonly pieceLayers: ReadonlyMap<string, Uint8Array>
  /** In tiers, most wanted first. */
  readonly trackers: readonly (readonly string[])[]
  readonly webSeeds: readonly string[]
  readonly comment?: string | undefined
  readonly createdBy?: string | undefined
  /** Seconds since the epoch. */
  readonly creationDate?: number | undefined
}

/** What stands around an info dict. */
export interface Surroundings {
  /** URLs, or tiers of them. Those that are no tracker's are left out. */
  readonly trackers?: Iterable<string | Iterable<string>> | undefined
  /** http and https only; others are left out. */
  readonly webSeeds?: Iterable<string> | undefined
  /** Layers by the hex of their file's root, such as a map of them. Those of other files are left out. */
  readonly pieceLayers?: Iterable<readonly [string, Uint8Array]> | undefined
  readonly comment?: string | undefined
  readonly createdBy?: string | undefined
  readonly creationDate?: number | undefined
}

/**
 * Reads a `.torrent`. Piece layers may be missing (peers have them), but those that are there must be right.
 * @throws ShoalError `invalid-torrent`
 */
export function parseMetainfo(bytes: Uint8Array): Metainfo {
  return asTorrentError(() => {
    const torrent = decode(bytes)
    if (!(torrent instanceof BencodeDict)) refuse('it is not a dictionary')
    const info = torrent.dict('info')
    if (info === undefined) refuse('it has no info')
    const announce = torrent.text('announce')
    const tiers = readTiers(torrent.list('announce-list'))
    return metainfoFromInfo(info.raw.slice(), {
      trackers: tiers.length > 0 || announce === undefined ? tiers : [announce],
      comment: torrent.text('comment'),
      createdBy: torrent.text('created by'),
      creationDate: torrent.integer('creation date'),
      pieceLayers: readLayers(torrent.dict('piece layers')),
      webSeeds: readStrings(torrent.get('url-list')),
    })
  })
}

/**
 * Completes an info dict, as peers send it for a magnet.
 * @param infoBytes kept, not copied
 * @throws ShoalError `invalid-torrent`, also when a piece layer is wrong
 */
export function metainfoFromInfo(infoBytes: Uint8Array, surroundings: Surroundings = {}): Metainfo {
  const { trackers = [], webSeeds = [], pieceLayers, ...about } = surroundings
  const info = parseInfo(infoBytes)
  const layout = createLayout(info)
  const infoHashV1 = info.version === 'v2' ? undefined : sha1(infoBytes)
  const infoHashV2 = info.version === 'v1' ? undefined : sha256(infoBytes)
  return {
    ...about,
    infoBytes,
    info,
    layout,
    name: info.name,
    infoHashV1,
    infoHashV2,
    wireInfoHash: infoHashV1 ?? infoHashV2!.subarray(0, 20),
    pieceLayers: checkLayers(pieceLayers, layout),
    trackers: trackerTiers(trackers),
    webSeeds: webSeedUrls(webSeeds),
  }
}

/** The `.torrent`, canonical. Give `{ ...metainfo, pieceLayers }` to write layers that were learnt since. */
export function encodeMetainfo(metainfo: Metainfo): Uint8Array {
  const { trackers, webSeeds, comment, createdBy, creationDate, pieceLayers, info } = metainfo
  const isSeveral = trackers.flat().length > 1
  const layers = new Map([...pieceLayers].map(([hex, layer]) => [toLatin1(fromHex(hex)!), layer]))
  return encode({
    announce: trackers[0]?.[0],
    'announce-list': isSeveral ? trackers : undefined,
    comment,
    'created by': createdBy,
    'creation date': creationDate,
    info: decode(metainfo.infoBytes),
    'piece layers': info.version === 'v1' ? undefined : layers,
    'url-list': webSeeds.length > 1 ? webSeeds : webSeeds[0],
  })
}

function readTiers(list: BencodeList | undefined): string[][] {
  return firstOf(list ?? [])
    .map(readStrings)
    .filter(tier => tier.length > 0)
}

/** A string, or the strings of a list. */
function readStrings(value: BencodeValue | undefined): string[] {
  const items = value instanceof BencodeList ? firstOf(value) : [value]
  return items.filter(item => item instanceof Uint8Array).map(toUtf8)
}

/** No more of a list than is kept of it. */
function firstOf(list: Iterable<BencodeValue>): BencodeValue[] {
  const items: BencodeValue[] = []
  for (const item of list) if (items.push(item) === METAINFO_LIMITS.urlsMax) break
  return items
}

function* readLayers(dict: BencodeDict | undefined): Generator<[string, Uint8Array]> {
  for (const [root, layer] of dict ?? []) {
    if (!(layer instanceof Uint8Array)) refuse('its piece hashes are not hashes')
    yield [toHex(fromLatin1(root)!), layer.slice()]
  }
}

/** Keeps the layers of this torrent's files; they must lead to the files' roots. */
function checkLayers(layers: Surroundings['pieceLayers'], { files, pieceLength }: Layout): Map<string, Uint8Array> {
  const given = new Map(layers)
  const checked = new Map<string, Uint8Array>()
  if (given.size === 0) return checked
  for (const { piecesRoot, length } of files) {
    if (piecesRoot === undefined || length <= pieceLength) continue
    const root = toHex(piecesRoot)
    const layer = given.get(root)
    if (layer === undefined || checked.has(root)) continue
    if (!isPieceLayer(layer, piecesRoot, length, pieceLength)) refuse('piece hashes do not match their file')
    checked.set(root, layer)
  }
  return checked
}
