/** What tests and the peers that they drive say to each other. Plain data: it crosses into pages. */

/** A file to seed: computed from `seed`, or read from `place` (Node) and `url` (pages). */
export interface SourceFile {
  /** '/'-joined, beginning with the folder's name. */
  readonly path: string
  /** Bytes. */
  readonly length: number
  readonly seed?: number
  readonly place?: string
  readonly url?: string
}

/** A file that arrived. */
export interface Received {
  readonly path: string
  readonly length: number
  /** Hex. */
  readonly sha256: string
}

export interface SeedRequest {
  readonly name: string
  readonly files: readonly SourceFile[]
  readonly version?: 'hybrid' | 'v1' | 'v2'
  /** Bytes. */
  readonly pieceLength?: number
}

/** A torrent that somebody seeds. */
export interface Shared {
  readonly magnet: string
  /** The `.torrent`, base64. */
  readonly torrent: string
  readonly infoHash: string
  readonly pieceCount: number
}

/** A torrent as others learn of it. */
export type Source = { readonly magnet: string } | { readonly torrent: string }

/** How a download ended. */
export interface Download {
  readonly files: readonly Received[]
  /** The `.torrent` as the downloader has it, base64; WebTorrent's too. */
  readonly torrent: string
  readonly warnings: readonly Problem[]
  readonly error?: Problem
  /** From `add()` until everything was verified, in ms. */
  readonly doneMs: number
}

export interface Problem {
  readonly code: string
  readonly message: string
}

/** A client of either library, where it lives. */
export interface PeerDriver {
  /** Resolves when others can join. */
  seed(request: SeedRequest): Promise<Shared>
  /** Resolves when everything is there and was read back, or when it cannot be. */
  download(source: Source): Promise<Download>
  /** What goes on, in lines, for a test that fails. */
  report(): string
  close(): Promise<void>
}

/** Hex SHA-256 of bytes that are in memory. */
export async function sha256Hex(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
}

export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), char => char.charCodeAt(0))
}
