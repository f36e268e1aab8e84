/** Torrents and bytes for tests of stores: small, real layouts, and content that a seed decides. */
import { createLayout, type Layout } from '../../src/metainfo/layout.ts'
import type { PieceRef } from '../../src/ports.ts'

export interface Sample {
  readonly infoHash: string
  readonly layout: Layout
  /** One for each piece. */
  readonly refs: readonly PieceRef[]
  /** What belongs in each piece. */
  readonly bodies: readonly Uint8Array[]
}

/** A v2 torrent of files of these lengths. Equal seeds give equal content under equal keys. */
export function sampleTorrent(options: { seed: number; pieceLength: number; lengths: readonly number[] }): Sample {
  const { seed, pieceLength, lengths } = options
  const layout = createLayout({
    version: 'v2',
    pieceLength,
    files: lengths.map((length, file) => ({ path: `sample ${seed}/folder/file ${file}`, length })),
  })
  const refs = refsOf(layout, file => hexOf(seed * 1000 + file, 64))
  return { infoHash: hexOf(seed, 40), layout, refs, bodies: refs.map(ref => randomBytes(ref.length, hashOf(ref.key))) }
}

/** The places of every piece, with content keys where a file has a root, as DESIGN.md has them. */
export function refsOf(layout: Layout, rootOf: (file: number) => string): PieceRef[] {
  return Array.from({ length: layout.pieceCount }, (_, piece) => {
    const slices = layout.slices(piece)
    const length = layout.pieceBytes(piece)
    const { file, offset } = slices[0] ?? { file: 0, offset: 0 }
    return { piece, key: `test/${rootOf(file)}/${offset}/${length}`, length, slices }
  })
}

/** Bytes from a seed (xorshift32): the same on every engine. */
export function randomBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  const random = randomFrom(seed)
  for (let i = 0; i < length; i++) bytes[i] = random() & 255
  return bytes
}

/** 32-bit numbers from a seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
}

/** A new order that a seed decides. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = randomFrom(seed)
  const result = [...items]
  for (let i = result.length - 1; i > 0; i--) {
    const j = random() % (i + 1)
    const item = result[i]!
    result[i] = result[j]!
    result[j] = item
  }
  return result
}

function hexOf(number: number, digits: number): string {
  return (number + 0xabc).toString(16).padStart(digits, '0')
}

function hashOf(text: string): number {
  let hash = 2166136261
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619) >>> 0
  return hash
}
