/** The peers of a page, as `globalThis.peers`. Served to test pages as /peers.js. */
import { payloadChunks } from '../payload.ts'
import { fromBase64, type Shared, type SourceFile } from '../peer-types.ts'
import { ShoalPeer } from '../shoal-peer.ts'
import { WebTorrentPeer } from '../webtorrent-peer.ts'

const makers = {
  async shoal(trackers: readonly string[]): Promise<ShoalPeer> {
    const { Shoal } = await kit.shoal()
    return new ShoalPeer({ client: new Shoal({ trackers, iceServers: [] }), open })
  },

  async webTorrent(trackers: readonly string[]): Promise<WebTorrentPeer> {
    const WebTorrent = await kit.webTorrent()
    return new WebTorrentPeer({
      client: new WebTorrent({ tracker: { rtcConfig: { iceServers: [] } } }),
      trackers,
      open,
    })
  },

  async seedTorrent(torrent: string, bytes: string, pieceLength: number): Promise<Shared> {
    if (!(peer instanceof WebTorrentPeer)) throw new Error('This page holds another kind of peer')
    return peer.seedTorrent(torrent, fromBase64(bytes), pieceLength)
  },
}

declare global {
  var peers: typeof makers
  /** The one that this page is. */
  var peer: ShoalPeer | WebTorrentPeer
}

globalThis.peers = makers

/** Files fetched at a time. */
const FETCHES_MAX = 16

async function open(files: readonly SourceFile[]): Promise<{ path: string; data: File }[]> {
  const opened: { path: string; data: File }[] = new Array(files.length)
  let next = 0
  const openSome = async (): Promise<void> => {
    for (let i = next++; i < files.length; i = next++)
      opened[i] = { path: files[i]!.path, data: await openOne(files[i]!) }
  }
  await Promise.all(Array.from({ length: FETCHES_MAX }, openSome))
  return opened
}

async function openOne({ path, seed, url, length }: SourceFile): Promise<File> {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (seed !== undefined) return new File([...payloadChunks(seed, length)], name)
  const response = await fetch(url!)
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  return new File([await response.blob()], name)
}
