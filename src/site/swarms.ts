/**
 * Which torrents a manifest stands for: the site's, with every listed file of up to 8 MiB, and one for each larger file.
 *
 * For the page script and for seeders alike: each swarm is ready for `Shoal.add(torrentOf(swarm))`, with the manifest's trackers and the site's
 * own server as its web seed (see `origin-urls.ts`). A swarm that two deploys have in common has the same `id` in both.
 */
import { toHex } from '../metainfo/bytes.ts'
import { encodeMetainfo, type Metainfo, metainfoFromInfo, parseMetainfo } from '../metainfo/metainfo.ts'
import { bulkInfo, bulkTorrentPath } from './bulk.ts'
import type { Manifest } from './manifest.ts'
import { type BulkSwarm, type SiteFile, torrentPath } from './manifest-fields.ts'
import { originSeed } from './origin-urls.ts'
import { siteUrl } from './paths.ts'
import { refuseFormat } from './refusal.ts'

export interface SiteSwarm {
  /** Hex of the 20 bytes that trackers, handshakes and stores know it by. */
  readonly id: string
  readonly kind: SiteFile['swarm']['kind']
  /** The listed files by their index in `metainfo.layout`. A bulk file that is listed under several paths stands by the first. */
  readonly files: readonly SiteFile[]
  /** Of a bulk file without the hashes of its pieces: see `withLayer`. */
  readonly metainfo: Metainfo
  /** Where a bulk file's own .torrent lies, relative to the base; undefined for the site's swarm, whose hashes are in the manifest. */
  readonly torrentPath: string | undefined
}

/** The site's swarm first, then those of bulk files in the order of their paths. */
export function swarmsOf(manifest: Manifest): SiteSwarm[] {
  const listed = [...manifest.files.values()]
  const shared: SiteFile[] = []
  const bulk = new Map<string, SiteSwarm>()
  for (const file of listed) {
    if (file.swarm.kind === 'shared') shared[file.swarm.file] = file
    else {
      const swarm = bulkSwarm(manifest, file, file.swarm)
      if (!bulk.has(swarm.id)) bulk.set(swarm.id, swarm)
    }
  }
  const metainfo = { ...manifest.metainfo, webSeeds: [originSeed(manifest.base)] }
  const site = { id: idOf(metainfo), kind: 'shared', files: shared, metainfo, torrentPath: undefined } as const
  return [site, ...bulk.values()]
}

/** The swarm of a listed file. @param swarms of the same manifest */
export function swarmOf(swarms: readonly SiteSwarm[], file: SiteFile): SiteSwarm {
  const { swarm } = file
  if (swarm.kind === 'shared') return swarms[0]!
  return swarms.find(({ id }) => id === toHex(swarm.infoHash.subarray(0, 20)))!
}

/** A .torrent of the swarm, as `Shoal.add` takes it. */
export function torrentOf({ metainfo }: SiteSwarm): Uint8Array {
  return encodeMetainfo(metainfo)
}

/**
 * A bulk file's swarm with the hashes of its pieces, which web seeds need and peers spare us asking for.
 * @param layer 32 bytes a piece
 * @throws ShoalError `invalid-torrent` when they do not lead to the file's root
 */
export function withLayer(swarm: SiteSwarm, layer: Uint8Array): SiteSwarm {
  const { metainfo } = swarm
  const pieceLayers = [[toHex(swarm.files[0]!.piecesRoot), layer]] as const
  return { ...swarm, metainfo: metainfoFromInfo(metainfo.infoBytes, { ...metainfo, pieceLayers }) }
}

/**
 * The same with the hashes from the .torrent at `torrentPath`, which nobody has signed: the root vouches for them.
 * @throws ShoalError `invalid-torrent`, `site-format` when it is the .torrent of something else, or without hashes
 */
export function withTorrent(swarm: SiteSwarm, bytes: Uint8Array): SiteSwarm {
  const { pieceLayers } = parseMetainfo(bytes)
  const layer = pieceLayers.get(toHex(swarm.files[0]!.piecesRoot))
  if (layer === undefined) refuseFormat(`${swarm.torrentPath} is the .torrent of another file`)
  return withLayer(swarm, layer)
}

function bulkSwarm({ siteKey, base, metainfo: site }: Manifest, file: SiteFile, swarm: BulkSwarm): SiteSwarm {
  const { piecesRoot, contentLength: length } = file
  const info = bulkInfo(siteKey, { piecesRoot, length, pieceLength: swarm.pieceLength })
  const webSeeds = [siteUrl(base, torrentPath(file.path, file.encoding))]
  const metainfo = metainfoFromInfo(info, { trackers: site.trackers, webSeeds })
  return { id: idOf(metainfo), kind: 'bulk', files: [file], metainfo, torrentPath: bulkTorrentPath(swarm.infoHash) }
}

function idOf({ wireInfoHash }: Metainfo): string {
  return toHex(wireInfoHash)
}
