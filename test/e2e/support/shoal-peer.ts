/** Drives a client of ours through its public interface, the same in pages and in Node. */
import type * as ShoalModule from '../../../src/index.ts'
import {
  type Download,
  fromBase64,
  type PeerDriver,
  type Problem,
  type Received,
  type SeedRequest,
  type Shared,
  type Source,
  type SourceFile,
  sha256Hex,
  toBase64,
} from './peer-types.ts'

/** Files read back at a time. */
const READS_MAX = 16

/** Where a peer lives. */
export interface ShoalGround {
  /** A client, made for this peer. */
  readonly client: ShoalModule.Shoal
  open(files: readonly SourceFile[]): Promise<readonly ShoalModule.SeedFile[]>
}

export class ShoalPeer implements PeerDriver {
  readonly #ground: ShoalGround
  readonly #journal: string[] = []
  readonly #warnings: Problem[] = []
  readonly #startedAt = performance.now()

  constructor(ground: ShoalGround) {
    this.#ground = ground
  }

  async seed({ name, files, ...options }: SeedRequest): Promise<Shared> {
    const opened = await this.#ground.open(files)
    this.#note(`opened ${files.length} files`)
    const torrent = this.#ground.client.seed(opened, { name, ...options })
    this.#watch(torrent)
    await torrent.ready
    return {
      magnet: torrent.magnetURI,
      torrent: toBase64(torrent.metainfo),
      infoHash: torrent.infoHash,
      pieceCount: torrent.pieceCount,
    }
  }

  async download(source: Source): Promise<Download> {
    const startedAt = performance.now()
    const torrent = this.#ground.client.add('magnet' in source ? source.magnet : fromBase64(source.torrent))
    this.#watch(torrent)
    const error = await torrent.done.then(
      () => undefined,
      (reason: ShoalModule.ShoalError) => ({ code: reason.code, message: reason.message }),
    )
    const doneMs = performance.now() - startedAt
    if (error !== undefined) return { files: [], torrent: '', warnings: this.#warnings, error, doneMs }
    const files: Received[] = []
    const left = [...torrent.files].reverse()
    const readSome = async (): Promise<void> => {
      for (let file = left.pop(); file !== undefined; file = left.pop()) {
        files.push({ path: file.path, length: file.length, sha256: await sha256Hex(await file.arrayBuffer()) })
      }
    }
    await Promise.all(Array.from({ length: READS_MAX }, readSome))
    this.#note('read back')
    return { files, torrent: toBase64(torrent.metainfo), warnings: this.#warnings, doneMs }
  }

  report(): string {
    const lines = [...this.#journal]
    for (const torrent of this.#ground.client.torrents) {
      lines.push(`${torrent.name || torrent.infoHash}: ${torrent.state}, ${(torrent.progress * 100).toFixed(1)} %`)
      lines.push(`  error ${torrent.error}, stats ${JSON.stringify(torrent.stats)}`)
      for (const tracker of torrent.trackers) lines.push(`  tracker ${JSON.stringify(tracker)}`)
      for (const peer of torrent.peers) lines.push(`  peer ${JSON.stringify(peer)}`)
    }
    return lines.join('\n')
  }

  close(): Promise<void> {
    return this.#ground.client.close()
  }

  #watch(torrent: ShoalModule.Torrent): void {
    torrent.addEventListener('state', ({ detail }) => this.#note(detail.state))
    torrent.addEventListener('peer', ({ detail }) => this.#note(`${detail.peers} peers`))
    torrent.addEventListener('done', () => this.#note('done'))
    torrent.addEventListener('error', ({ detail }) => this.#note(`error ${detail.error.code}: ${detail.error.message}`))
    torrent.addEventListener('warning', ({ detail: { error } }) => {
      this.#warnings.push({ code: error.code, message: error.message })
      this.#note(`warning ${error.code}: ${error.message}`)
    })
  }

  #note(what: string): void {
    this.#journal.push(`${((performance.now() - this.#startedAt) / 1000).toFixed(3)} s  ${what}`)
  }
}
