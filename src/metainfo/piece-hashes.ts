/**
 * What is known of a torrent's v2 piece hashes.
 *
 * A file of one piece has its hash in the info dict. The hashes of longer files (their piece layers) come with a `.torrent`, from peers by
 * hash requests, or are learnt: a hybrid's pieces that passed SHA-1 are hashed too, and once all of a file are, they must lead to its root.
 */
import { assert } from '../errors.ts'
import { WIRE_LIMITS } from '../options.ts'
import type { HashRange } from '../protocol/wire.ts'
import { equalBytes, toHex } from './bytes.ts'
import { answerRange, isRangeOf } from './hash-ranges.ts'
import type { Layout } from './layout.ts'
import { HASH_BYTES, isPieceLayer, MerkleTree, pieceLayerHeight, powerOfTwo, treeHeight } from './merkle.ts'

/** What a learnt hash leads to. */
export type Verdict =
  /** Other pieces of the file are not known yet. */
  | 'unknown'
  /** It is what the file's root says. */
  | 'proven'
  /** The data that SHA-1 vouches for is not what the file's root says. */
  | 'contradiction'

export class PieceHashes {
  readonly #layout: Layout
  /** Proven piece layers by file. */
  readonly #layers = new Map<number, Uint8Array>()
  /** Pieces' hashes that were computed while the layer is not known, by file. */
  readonly #learnt = new Map<number, Learnt>()
  /** Trees that hash requests were answered from, by file. */
  readonly #trees = new Map<number, MerkleTree>()
  /** Files by the hex of their root; made when first needed. */
  #filesByRoot: Map<string, number> | undefined

  /** @param layers proven piece layers by the hex of their file's root, as `Metainfo` has them */
  constructor(layout: Layout, layers: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.#layout = layout
    if (layers.size === 0) return
    for (const [file, { piecesRoot }] of layout.files.entries()) {
      const layer = this.#isLong(file) ? layers.get(toHex(piecesRoot!)) : undefined
      if (layer !== undefined) this.#layers.set(file, layer)
    }
  }

  /** The SHA-256 subtree root of a piece; undefined when it is not known, and for v1. */
  root(piece: number): Uint8Array | undefined {
    const file = this.#layout.fileOf(piece)
    if (file === undefined) return undefined
    if (!this.#isLong(file)) return this.#layout.files[file]!.piecesRoot
    const offset = (piece - this.#layout.piecesOf(file).first) * HASH_BYTES
    return this.#layers.get(file)?.subarray(offset, offset + HASH_BYTES)
  }

  /** Whether a file has a layer of its own, and it is known. */
  hasLayer(file: number): boolean {
    return this.#layers.has(file)
  }

  /** Whether a file has a layer of its own, and it is not known. */
  needsLayer(file: number): boolean {
    return this.#isLong(file) && !this.#layers.has(file)
  }

  /** The hashes of a file's pieces, 32 bytes each; undefined when they are not known or the file has one piece. */
  layer(file: number): Uint8Array | undefined {
    return this.#layers.get(file)
  }

  /** Keeps a file's layer if it leads to the file's root. @returns whether it does */
  setLayer(file: number, layer: Uint8Array): boolean {
    if (!this.#isLong(file)) return false
    const { piecesRoot, length } = this.#layout.files[file]!
    if (!isPieceLayer(layer, piecesRoot!, length, this.#layout.pieceLength)) return false
    this.#layers.set(file, layer.slice())
    return true
  }

  /**
   * Records the hash of a piece whose data passed SHA-1. When it is the last of its file, the file's layer is proven or contradicted.
   * v1 torrents have nothing to learn: 'unknown'.
   */
  learn(piece: number, root: Uint8Array): Verdict {
    const file = this.#layout.fileOf(piece)
    if (file === undefined) return 'unknown'
    const known = this.root(piece)
    if (known !== undefined) return equalBytes(known, root) ? 'proven' : 'contradiction'
    const learnt = this.#learnt.get(file) ?? new Learnt(this.#layout.piecesOf(file))
    this.#learnt.set(file, learnt)
    learnt.set(piece, root)
    if (learnt.missing > 0) return 'unknown'
    return this.setLayer(file, learnt.layer) ? 'proven' : 'contradiction'
  }

  /** A piece whose learnt hash differs from the file's layer, once that is known: its data is not what the root says. */
  contradictedPiece(file: number): number | undefined {
    const layer = this.#layers.get(file)
    return layer === undefined ? undefined : this.#learnt.get(file)?.differsFrom(layer)
  }

  /** The file with this root; the first of several alike. */
  fileWithRoot(piecesRoot: Uint8Array): number | undefined {
    if (this.#filesByRoot === undefined) {
      this.#filesByRoot = new Map()
      for (const [file, { piecesRoot: root }] of this.#layout.files.entries()) {
        const hex = root === undefined ? '' : toHex(root)
        if (hex !== '' && !this.#filesByRoot.has(hex)) this.#filesByRoot.set(hex, file)
      }
    }
    return this.#filesByRoot.get(toHex(piecesRoot))
  }

  /**
   * The answer to a hash request, or what it takes to give one: the leaves of a piece, when hashes below the piece layer are asked for.
   * undefined: reject the request.
   * @param leaves of that piece, 32 bytes each, when they have been computed
   */
  answer(range: HashRange, leaves?: Uint8Array): Uint8Array | { readonly leavesOf: number } | undefined {
    const file = range.length > WIRE_LIMITS.hashesMax ? undefined : this.fileWithRoot(range.piecesRoot)
    if (file === undefined || !isRangeOf(range, this.#layout.files[file]!.length)) return undefined
    const piece = this.#pieceBelow(file, range)
    if (piece === undefined) return answerRange(range, (layer, index) => this.#tree(file)?.node(layer, index))
    if (piece === 'several') return undefined
    if (leaves === undefined) return { leavesOf: piece }
    const height = Math.min(pieceLayerHeight(this.#layout.pieceLength), treeHeight(this.#layout.files[file]!.length))
    const subtree = new MerkleTree(leaves, 0, height)
    const inFile = piece - this.#layout.piecesOf(file).first
    return answerRange(range, (layer, index) => {
      if (layer >= height) return this.#tree(file)?.node(layer, index)
      return subtree.node(layer, index - inFile * powerOfTwo(height - layer))
    })
  }

  /** The piece that a range below the piece layer lies in; undefined when it is at or above that layer. */
  #pieceBelow(file: number, { baseLayer, index, length }: HashRange): number | 'several' | undefined {
    const pieceHeight = pieceLayerHeight(this.#layout.pieceLength)
    if (baseLayer >= pieceHeight) return undefined
    const hashesPerPiece = powerOfTwo(pieceHeight - baseLayer)
    const { first, end } = this.#layout.piecesOf(file)
    const piece = first + Math.floor(index / hashesPerPiece)
    return length > hashesPerPiece || piece >= end ? 'several' : piece
  }

  #tree(file: number): MerkleTree | undefined {
    const known = this.#trees.get(file)
    const layer = this.#layers.get(file)
    if (known !== undefined || layer === undefined) return known
    const height = treeHeight(this.#layout.files[file]!.length)
    const tree = new MerkleTree(layer, pieceLayerHeight(this.#layout.pieceLength), height)
    this.#trees.set(file, tree)
    return tree
  }

  /** Whether a file has several pieces, and so a layer of its own. */
  #isLong(file: number): boolean {
    const { length, piecesRoot } = this.#layout.files[file]!
    return piecesRoot !== undefined && length > this.#layout.pieceLength
  }
}

/** The hashes of a file's pieces as far as they were computed. */
class Learnt {
  readonly layer: Uint8Array
  readonly #first: number
  readonly #isKnown: Uint8Array
  missing: number

  constructor({ first, end }: { first: number; end: number }) {
    this.#first = first
    this.missing = end - first
    this.#isKnown = new Uint8Array(this.missing)
    this.layer = new Uint8Array(this.missing * HASH_BYTES)
  }

  set(piece: number, root: Uint8Array): void {
    assert(root.length === HASH_BYTES, 'the hash of a piece has 32 bytes')
    const index = piece - this.#first
    this.missing -= 1 - this.#isKnown[index]!
    this.#isKnown[index] = 1
    this.layer.set(root, index * HASH_BYTES)
  }

  /** The first piece that is known and differs. */
  differsFrom(layer: Uint8Array): number | undefined {
    for (let index = 0; index < this.#isKnown.length; index++) {
      const begin = index * HASH_BYTES
      const isEqual = equalBytes(
        this.layer.subarray(begin, begin + HASH_BYTES),
        layer.subarray(begin, begin + HASH_BYTES),
      )
      if (this.#isKnown[index] === 1 && !isEqual) return this.#first + index
    }
    return undefined
  }
}
