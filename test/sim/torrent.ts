/**
 * The torrent of a simulation: a real `.torrent` of one file, read by the code that ships, whose hashes are hashes of
 * nothing but numbers. Tokens decide what is true; the hashes only have to be told apart.
 */
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { encode } from '../../src/metainfo/bencode.ts'
import { concatBytes, equalBytes, fromUtf8, toLatin1 } from '../../src/metainfo/bytes.ts'
import { type Metainfo, parseMetainfo } from '../../src/metainfo/metainfo.ts'
import { BLOCK_BYTES } from '../../src/options.ts'
import type { Effect, Input } from '../../src/swarm/events.ts'
import { genuine, type Token, tokenOps } from './token.ts'

export interface TorrentOptions {
  /** @default 'v1' */
  readonly version?: 'v1' | 'v2' | 'hybrid'
  readonly bytes: number
  /** A power of two. @default 256 KiB */
  readonly pieceLength?: number
}

type Check = Extract<Effect<Token>, { type: 'check' }>
type Checked = Extract<Input<Token>, { type: 'checked' }>

export interface Torrent {
  readonly version: 'v1' | 'v2' | 'hybrid'
  readonly metainfo: Metainfo
  /** What a magnet link says. */
  readonly expected: { infoHashV1?: Uint8Array; infoHashV2?: Uint8Array }
  readonly totalBytes: number
  readonly pieceLength: number
  readonly pieceCount: number
  dataBytes(piece: number): number
  /** The genuine bytes of a piece. */
  data(piece: number): Token
  /** Whether a body is what the torrent has at this place. */
  isGenuine(body: Token, piece: number, begin: number): boolean
  check(check: Check, body: Token): Checked
  /** Leaf hashes of a piece, padding included; undefined for v1. */
  leaves(piece: number): Uint8Array | undefined
  /** @throws Error when a metainfo that a swarm arrived at is not this torrent's */
  verify(metainfo: Metainfo): void
}

export function createTorrent({ version = 'v1', bytes, pieceLength = 256 * 1024 }: TorrentOptions): Torrent {
  const pieceCount = Math.ceil(bytes / pieceLength)
  const tree = version === 'v1' ? undefined : new FakeTree(bytes, pieceLength)
  const sha1s =
    version === 'v2' ? undefined : concatBytes(range(pieceCount).map(piece => sha1(fromUtf8(`piece ${piece}`))))
  const info = {
    ...(tree && {
      'file tree': { file: { '': { length: bytes, 'pieces root': tree.root } } },
      'meta version': 2,
    }),
    ...(sha1s && { length: bytes, pieces: sha1s }),
    name: 'file',
    'piece length': pieceLength,
  }
  const infoBytes = encode(info)
  const layers = tree && pieceCount > 1 ? { 'piece layers': new Map([[toLatin1(tree.root), tree.layer]]) } : {}
  const metainfo = parseMetainfo(encode({ info, ...layers }))
  const dataBytes = (piece: number) => Math.min(pieceLength, bytes - piece * pieceLength)
  const isGenuine = (body: Token, piece: number, begin: number) => {
    return begin + body.bytes <= dataBytes(piece) && tokenOps.equal(body, genuine(piece, begin, body.bytes))
  }
  const badUnitsOf = (units: readonly Token[], piece: number) => {
    let begin = 0
    return units.flatMap((unit, index) => {
      const isBad = !isGenuine(unit, piece, begin)
      begin += unit.bytes
      return isBad ? [index] : []
    })
  }
  return {
    version,
    metainfo,
    expected: {
      ...(sha1s && { infoHashV1: sha1(infoBytes) }),
      ...(tree && { infoHashV2: sha256(infoBytes) }),
    },
    totalBytes: bytes,
    pieceLength,
    pieceCount,
    dataBytes,
    data: piece => genuine(piece, 0, dataBytes(piece)),
    isGenuine,
    check(check, body) {
      const { id, piece } = check
      const isTrue = tokenOps.equal(body, this.data(piece))
      const trueSha1 = sha1s?.subarray(piece * 20, piece * 20 + 20)
      const root = tree?.pieceRoot(piece)
      const verdicts = [
        ...(check.sha1 ? [isTrue && trueSha1 !== undefined && equalBytes(check.sha1, trueSha1)] : []),
        ...(check.root ? [isTrue && root !== undefined && equalBytes(check.root, root)] : []),
      ]
      if (verdicts.includes(false)) {
        if (verdicts.includes(true)) return { type: 'checked', id, result: 'inconsistent' }
        const badUnits = badUnitsOf(check.units, piece)
        return { type: 'checked', id, result: 'bad', ...(check.leaves ? { badUnits } : {}) }
      }
      // A body that nobody asked to compare passes, as it would in life; the integrity checker sees what comes of it.
      return { type: 'checked', id, result: 'good', body, ...(root && { root: isTrue ? root : new Uint8Array(32) }) }
    },
    leaves: piece => tree?.pieceLeaves(piece),
    verify(other) {
      if (!equalBytes(other.infoBytes, infoBytes)) {
        throw new Error('A swarm opened another torrent than this one')
      }
    },
  }
}

/** The Merkle tree (BEP 52) of a file whose leaves are hashes of their own numbers. */
class FakeTree {
  readonly root: Uint8Array
  /** Roots of the pieces, end to end. */
  readonly layer: Uint8Array
  readonly #leavesPerPiece: number
  readonly #leafCount: number
  readonly #roots: Uint8Array[]

  constructor(bytes: number, pieceLength: number) {
    this.#leafCount = Math.ceil(bytes / BLOCK_BYTES)
    const pieceCount = Math.ceil(bytes / pieceLength)
    // A file of one piece has a tree no taller than it needs (BEP 52).
    this.#leavesPerPiece = pieceCount > 1 ? pieceLength / BLOCK_BYTES : powerOfTwo(this.#leafCount)
    this.#roots = range(pieceCount).map(piece => merkleRoot(this.#leavesOf(piece)))
    this.layer = concatBytes(this.#roots)
    const emptyPiece = merkleRoot(new Array<Uint8Array>(this.#leavesPerPiece).fill(new Uint8Array(32)))
    const padding = new Array<Uint8Array>(powerOfTwo(pieceCount) - pieceCount).fill(emptyPiece)
    this.root = merkleRoot([...this.#roots, ...padding])
  }

  pieceRoot(piece: number): Uint8Array {
    return this.#roots[piece]!
  }

  pieceLeaves(piece: number): Uint8Array {
    return concatBytes(this.#leavesOf(piece))
  }

  #leavesOf(piece: number): Uint8Array[] {
    const first = piece * this.#leavesPerPiece
    return range(this.#leavesPerPiece).map(index => {
      return first + index < this.#leafCount ? sha256(fromUtf8(`leaf ${first + index}`)) : new Uint8Array(32)
    })
  }
}

function merkleRoot(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 1) return hashes[0]!
  const above = range(hashes.length / 2).map(i => sha256(concatBytes([hashes[2 * i]!, hashes[2 * i + 1]!])))
  return merkleRoot(above)
}

function powerOfTwo(atLeast: number): number {
  let power = 1
  while (power < atLeast) power *= 2
  return power
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
