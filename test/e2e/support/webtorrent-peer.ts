/** Drives WebTorrent in a page by the same steps as our own client. */
import type { WebTorrentClient, WebTorrentTorrent } from './page/kit.ts'
import {
  type Download,
  fromBase64,
  type PeerDriver,
  type SeedRequest,
  type Shared,
  type Source,
  type SourceFile,
  sha256Hex,
  toBase64,
} from './peer-types.ts'

export interface WebTorrentGround {
  readonly client: WebTorrentClient
  readonly trackers: readonly string[]
  open(files: readonly SourceFile[]): Promise<readonly { path: string; data: File }[]>
}

/** What WebTorrent asks of a chunk store, when the store only gives. */
interface ChunkStore {
  get(
    index: number,
    range: { offset?: number; length?: number } | undefined,
    done: (error: Error | null, bytes?: Uint8Array) => void,
  ): void
}

export class WebTorrentPeer implements PeerDriver {
  readonly #ground: WebTorrentGround
  readonly #journal: string[] = []
  readonly #startedAt = performance.now()
  #torrent: WebTorrentTorrent | undefined
  #failed: (error: Error) => void = () => {}

  constructor(ground: WebTorrentGround) {
    this.#ground = ground
    ground.client.on('error', (error: Error) => {
      this.#note(`client error ${error.message}`)
      this.#failed(error)
    })
  }

  /** Makes a v1 torrent, as WebTorrent does, and seeds it. */
  async seed({ name, files, pieceLength }: SeedRequest): Promise<Shared> {
    const opened = await this.#ground.open(files)
    const blobs = opened.map(({ path, data }) => Object.defineProperty(data, 'fullPath', { value: path }))
    const options = { announce: this.#ground.trackers, name, ...(pieceLength && { pieceLength }) }
    const torrent = await this.#promise<WebTorrentTorrent>(resolve => {
      this.#watch(this.#ground.client.seed(blobs, options, resolve))
    })
    return shared(torrent)
  }

  /** Seeds a torrent of anybody's making, whose v1 half describes these bytes. */
  async seedTorrent(torrentFile: string, bytes: Uint8Array, pieceLength: number): Promise<Shared> {
    class Given implements ChunkStore {
      get(...[index, range, done]: Parameters<ChunkStore['get']>): void {
        const { offset = 0, length } = range ?? {}
        const begin = index * pieceLength + offset
        const end = Math.min(bytes.length, length === undefined ? (index + 1) * pieceLength : begin + length)
        queueMicrotask(() => done(null, bytes.slice(begin, end)))
      }
      put(_index: number, _bytes: Uint8Array, done: (error: null) => void): void {
        queueMicrotask(() => done(null))
      }
      close(done?: (error: null) => void): void {
        done?.(null)
      }
      destroy(done?: (error: null) => void): void {
        done?.(null)
      }
    }
    const options = { announce: this.#ground.trackers, store: Given, storeCacheSlots: 0 }
    const torrent = this.#ground.client.add(fromBase64(torrentFile), options)
    this.#watch(torrent)
    await this.#promise<void>(resolve => torrent.on('done', resolve))
    return shared(torrent)
  }

  async download(source: Source): Promise<Download> {
    const startedAt = performance.now()
    const id = 'magnet' in source ? source.magnet : fromBase64(source.torrent)
    const torrent = this.#ground.client.add(id, { announce: this.#ground.trackers })
    this.#watch(torrent)
    await this.#promise<void>(resolve => torrent.on('done', resolve))
    const doneMs = performance.now() - startedAt
    const files = []
    for (const file of torrent.files) {
      // Padding (BEP 47) is a file like any other to WebTorrent.
      if (/(^|\/)\.pad\/\d+$/.test(file.path)) continue
      const bytes = await (await file.blob()).arrayBuffer()
      files.push({ path: file.path, length: file.length, sha256: await sha256Hex(bytes) })
    }
    return { files, torrent: toBase64(torrent.torrentFile), warnings: [], doneMs }
  }

  report(): string {
    const torrent = this.#torrent
    const state = torrent && `${torrent.infoHash}: ${(torrent.progress * 100).toFixed(1)} %, ${torrent.numPeers} peers`
    return [...this.#journal, state ?? 'no torrent'].join('\n')
  }

  close(): Promise<void> {
    return new Promise(resolve => this.#ground.client.destroy(() => resolve()))
  }

  /** Fails with the client, which says so by an event. */
  #promise<T>(start: (resolve: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#failed = reject
      start(resolve)
    })
  }

  #watch(torrent: WebTorrentTorrent): void {
    this.#torrent = torrent
    for (const event of ['infoHash', 'metadata', 'ready', 'done', 'noPeers']) torrent.on(event, () => this.#note(event))
    torrent.on('warning', (error: Error | string) => this.#note(`warning ${error}`))
    torrent.on('wire', (wire: { peerId: string }) => this.#note(`wire ${wire.peerId}`))
  }

  #note(what: string): void {
    this.#journal.push(`${((performance.now() - this.#startedAt) / 1000).toFixed(3)} s  ${what}`)
  }
}

function shared(torrent: WebTorrentTorrent): Shared {
  const { magnetURI, torrentFile, infoHash, pieces } = torrent
  return { magnet: magnetURI, torrent: toBase64(torrentFile), infoHash, pieceCount: pieces.length }
}
