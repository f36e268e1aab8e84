/** What test pages have at hand, as `globalThis.kit`. Bundled by the test site and loaded by every page of it. */
import { sha256 } from '@noble/hashes/sha2.js'
import type * as ShoalModule from '../../../../src/index.ts'
import { payloadBytes, payloadChunks } from '../payload.ts'

export interface PayloadOptions {
  readonly seed: number
  /** Bytes. */
  readonly length: number
  /** @default 'payload.bin' */
  readonly name?: string
}

/** The parts of WebTorrent's API that tests use. */
export interface WebTorrentClient {
  seed(input: unknown, options: object, onSeed: (torrent: WebTorrentTorrent) => void): WebTorrentTorrent
  add(id: unknown, options: object, onReady?: (torrent: WebTorrentTorrent) => void): WebTorrentTorrent
  destroy(done?: () => void): void
  on(event: string, listener: (...args: never[]) => void): void
}

export interface WebTorrentTorrent {
  readonly magnetURI: string
  readonly infoHash: string
  readonly torrentFile: Uint8Array
  readonly files: readonly { readonly path: string; readonly length: number; blob(): Promise<Blob> }[]
  readonly pieces: readonly unknown[]
  readonly progress: number
  readonly numPeers: number
  on(event: string, listener: (...args: never[]) => void): void
}

const READ_BYTES = 4 * 1024 * 1024

const toolkit = {
  /** A file whose bytes follow from the seed. */
  payload({ seed, length, name = 'payload.bin' }: PayloadOptions): File {
    return new File([...payloadChunks(seed, length)], name)
  },

  /** Whether a blob is that payload, byte for byte. */
  async isPayload(blob: Blob, { seed, length }: PayloadOptions): Promise<boolean> {
    if (blob.size !== length) return false
    for (let offset = 0; offset < length; offset += READ_BYTES) {
      const end = Math.min(offset + READ_BYTES, length)
      const actual = new Uint8Array(await blob.slice(offset, end).arrayBuffer())
      const expected = payloadBytes(seed, offset, end - offset)
      if (!actual.every((byte, i) => byte === expected[i])) return false
    }
    return true
  },

  /** Hex SHA-256, computed a few megabytes at a time. */
  async sha256(blob: Blob): Promise<string> {
    const hash = sha256.create()
    for (let offset = 0; offset < blob.size; offset += READ_BYTES) {
      hash.update(new Uint8Array(await blob.slice(offset, offset + READ_BYTES).arrayBuffer()))
    }
    return Array.from(hash.digest(), byte => byte.toString(16).padStart(2, '0')).join('')
  },

  /** Our library, as published. */
  shoal: (): Promise<typeof ShoalModule> => import(outside('/shoal.min.js')),

  /** WebTorrent, as published. */
  async webTorrent(): Promise<new (options?: object) => WebTorrentClient> {
    return (await import(outside('/webtorrent.min.js'))).default
  },

  /** The promise, or a rejection that says what did not come about in time. */
  within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what} took more than ${timeoutMs / 1000} s`)), timeoutMs)
      promise.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  },

  /** Where a page keeps what later commands of the test need. */
  kept: new Map<string, unknown>(),
}

export type Kit = typeof toolkit

declare global {
  var kit: Kit
}

globalThis.kit = toolkit

/** A URL that the bundler does not look into. */
function outside(path: string): string {
  return new URL(path, location.href).href
}
