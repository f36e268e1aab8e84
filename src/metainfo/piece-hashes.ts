/**
 * What is known of a torrent's v2 piece hashes.
 *
 * A file of one piece has its hash in the info dict. The hashes of longer files (their piece layers) come with a `.torrent`, from peers by
 * hash requests, or are learnt: a hybrid's pieces that passed SHA-1 are hashed too, and once all of a file are, they must lead to its root.
 */
import { WIRE_LIMITS } from '../options.ts'
import type { HashRange } from '../protocol/wire.ts'
import { concatBytes, equalBytes, toHex } from './bytes.ts'
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
  /** Files of several pieces, which have a layer each; of thousands of small ones none. */
  readonly longFiles: number[] = []
  readonly #layout: Layout
  /** Proven piece layers by file. */
  readonly #layers = new Map<number, Uint8Array>()
  /** Pieces' hashes that were computed while the layer is not known, by file and piece. */
  readonly #learnt = new Map<number, Map<number, Uint8Array>>()
  /** Trees that hash requests were answered from, by file. */
  readonly #trees = new Map<number, MerkleTree>()
  /** Files by the hex of their root, the first of several alike. */
  readonly #filesByRoot = new Map<string, number>()

  /** @param layers proven piece layers by the hex of their file's root, as `Metainfo` has them */
  constructor(layout: Layout, layers: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.#layout = layout
    for (const [file, { piecesRoot }] of layout.files.entries()) {
      if (piecesRoot === undefined) continue
      if (this.#isLong(file)) this.longFiles.push(file)
      const root = toHex(piecesRoot)
      if (!this.#filesByRoot.has(root)) this.#filesByRoot.set(root, file)
    }
    this.addLayers(layers)
  }

  /** @param layers proven piece layers by the hex of their file's root, as `Metainfo` has them */
  addLayers(layers: ReadonlyMap<string, Uint8Array>): void {
    for (const file of this.longFiles) {
      const layer = layers.get(toHex(this.#layout.files[file]!.piecesRoot!))
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
    const learnt = this.#learnt.get(file) ?? new Map()
    this.#learnt.set(file, learnt.set(piece, root))
    const { first, end } = this.#layout.piecesOf(file)
    if (learnt.size < end - first) return 'unknown'
    const layer = concatBytes(Array.from(learnt, (_, n) => learnt.get(first + n)!))
    return this.setLayer(file, layer) ? 'proven' : 'contradiction'
  }

  /** A piece whose learnt hash differs from the file's layer, once that is known: its data is not what the root says. */
  contradictedPiece(file: number): number | undefined {
    if (!this.#layers.has(file)) return undefined
    for (const [piece, root] of this.#learnt.get(file) ?? []) {
      if (!equalBytes(root, this.root(piece)!)) return piece
    }
    return undefined
  }

  /** The file with this root; the first of several alike. */
  fileWithRoot(piecesRoot: Uint8Array): number | undefined {
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
    const { first, end } = this.#layout.piecesOf(file)
    const { baseLayer, index, length } = range
    const height = Math.min(pieceLayerHeight(this.#layout.pieceLength), treeHeight(this.#layout.files[file]!.length))
    const above = (layer: number, at: number) => this.#tree(file)?.node(layer, at)
    if (baseLayer >= height) return answerRange(range, above)
    const hashesPerPiece = powerOfTwo(height - baseLayer)
    const piece = Math.floor(index / hashesPerPiece)
    if (length > hashesPerPiece || first + piece >= end) return undefined
    if (leaves === undefined) return { leavesOf: first + piece }
    const subtree = new MerkleTree(leaves, 0, height)
    return answerRange(range, (layer, at) =>
      layer < height ? subtree.node(layer, at - piece * powerOfTwo(height - layer)) : above(layer, at),
    )
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
