/**
 * The pieces of a torrent over its files: one description for v1, v2 and hybrid.
 *
 * All three are files at places in one stream of bytes, cut into pieces: v1 packs files tightly or puts pad files between them
 * (BEP 47); v2 starts every file at a piece boundary (BEP 52). What no file covers is padding: zeros. Nothing is kept per piece,
 * so that millions of pieces cost nothing but their hashes; a piece's files are found by binary search.
 */
import { BLOCK_BYTES } from '../options.ts'
import { assert } from '../errors.ts'

export interface LayoutFile {
  /** Safe path, '/'-joined; a folder's torrent starts with its name. */
  readonly path: string
  /** The path as the torrent has it, where that differs: web seeds know the file by it. */
  readonly rawPath?: readonly string[] | undefined
  /** Bytes. */
  readonly length: number
  /** Root of the file's Merkle tree, 32 bytes (v2, hybrid; absent for empty files and v1). */
  readonly piecesRoot?: Uint8Array | undefined
}

/** A run of bytes of one file inside a piece. */
export interface FileSlice {
  /** Index into `layout.files`. */
  readonly file: number
  /** Byte offset in the file. */
  readonly offset: number
  /** Bytes. */
  readonly length: number
  /** Byte offset in the piece. */
  readonly pieceOffset: number
}

/** The pieces of a torrent over its files. Pad files never appear in `files`. */
export interface Layout {
  readonly version: 'v1' | 'v2' | 'hybrid'
  /** Bytes. */
  readonly pieceLength: number
  readonly pieceCount: number
  /** Bytes of all files, padding excluded. */
  readonly totalBytes: number
  readonly files: readonly LayoutFile[]
  /** Data bytes of a piece: trailing padding excluded. May be 0 (a piece that is all padding). */
  pieceBytes(piece: number): number
  /** Bytes that SHA-1 covers: data and then zeros (v1 and hybrid; equals pieceBytes for v2). */
  paddedBytes(piece: number): number
  /** The files that a piece's data lies in, in order of pieceOffset. Bytes covered by no slice are zeros (padding). */
  slices(piece: number): FileSlice[]
  /** Where a file starts in the stream of all pieces, in bytes. */
  startOf(file: number): number
  /** Pieces that hold a file's bytes: first (inclusive) to end (exclusive); first === end for an empty file. */
  piecesOf(file: number): { first: number; end: number }
  /** The SHA-1 of a piece, 20 bytes; undefined for v2-only. */
  sha1(piece: number): Uint8Array | undefined
  /** v2 and hybrid: the one file that a piece lies in. undefined for v1. */
  fileOf(piece: number): number | undefined
  /** v2 and hybrid: leaves of the piece's subtree, padding included (a power of two). 0 for v1. */
  leafCount(piece: number): number
}

/** What a layout is made of, already checked. */
export interface LayoutParts {
  readonly version: 'v1' | 'v2' | 'hybrid'
  readonly pieceLength: number
  readonly files: readonly LayoutFile[]
  /** v1 and hybrid: where each file starts in the stream, and the stream's bytes, pad files included. */
  readonly v1?: { readonly starts: Float64Array; readonly streamBytes: number; readonly sha1s: Uint8Array } | undefined
}

export function createLayout(parts: LayoutParts): Layout {
  return new StreamLayout(parts)
}

/** Where files start in the stream when each begins at a piece boundary (BEP 52), and how many pieces that takes. */
export function alignedStarts(
  files: readonly { readonly length: number }[],
  pieceLength: number,
): { starts: Float64Array; pieceCount: number } {
  const starts = new Float64Array(files.length)
  let pieceCount = 0
  for (const [file, { length }] of files.entries()) {
    starts[file] = pieceCount * pieceLength
    pieceCount += Math.ceil(length / pieceLength)
  }
  return { starts, pieceCount }
}

/** The smallest power of two that is at least `count`; 1 for none. */
export function powerOfTwoAtLeast(count: number): number {
  let power = 1
  while (power < count) power *= 2
  return power
}

class StreamLayout implements Layout {
  readonly version: 'v1' | 'v2' | 'hybrid'
  readonly pieceLength: number
  readonly pieceCount: number
  readonly totalBytes: number
  readonly files: readonly LayoutFile[]
  readonly #streamBytes: number
  readonly #sha1s: Uint8Array | undefined
  /** Where each file starts in the stream. */
  readonly #starts: Float64Array
  /** Indices of the files that have bytes, in stream order. */
  readonly #filled: Uint32Array

  constructor({ version, pieceLength, files, v1 }: LayoutParts) {
    this.version = version
    this.pieceLength = pieceLength
    this.files = files
    this.totalBytes = files.reduce((sum, file) => sum + file.length, 0)
    this.#filled = filledFiles(files)
    this.#sha1s = v1?.sha1s
    if (v1 !== undefined) {
      this.#starts = v1.starts
      this.#streamBytes = v1.streamBytes
    } else {
      const { starts, pieceCount } = alignedStarts(files, pieceLength)
      this.#starts = starts
      this.#streamBytes = pieceCount * pieceLength
    }
    this.pieceCount = Math.ceil(this.#streamBytes / pieceLength)
  }

  pieceBytes(piece: number): number {
    const begin = this.#begin(piece)
    const last = this.#filledBefore(begin + this.pieceLength) - 1
    return last < 0 ? 0 : Math.max(0, Math.min(this.#endOf(last) - begin, this.pieceLength))
  }

  paddedBytes(piece: number): number {
    if (this.version === 'v2') return this.pieceBytes(piece)
    return Math.min(this.pieceLength, this.#streamBytes - this.#begin(piece))
  }

  slices(piece: number): FileSlice[] {
    const begin = this.#begin(piece)
    const end = begin + this.pieceLength
    const slices: FileSlice[] = []
    for (let n = this.#filledEndingAfter(begin); n < this.#filled.length; n++) {
      const file = this.#filled[n]!
      const start = this.#starts[file]!
      if (start >= end) break
      const from = Math.max(start, begin)
      slices.push({
        file,
        offset: from - start,
        length: Math.min(this.#endOf(n), end) - from,
        pieceOffset: from - begin,
      })
    }
    return slices
  }

  startOf(file: number): number {
    const start = this.#starts[file]
    assert(start !== undefined, `no file ${file}`)
    return start
  }

  piecesOf(file: number): { first: number; end: number } {
    const start = this.startOf(file)
    const { length } = this.files[file]!
    const first = Math.floor(start / this.pieceLength)
    return { first, end: length === 0 ? first : Math.ceil((start + length) / this.pieceLength) }
  }

  sha1(piece: number): Uint8Array | undefined {
    this.#begin(piece)
    return this.#sha1s?.subarray(piece * 20, piece * 20 + 20)
  }

  fileOf(piece: number): number | undefined {
    const begin = this.#begin(piece)
    return this.version === 'v1' ? undefined : this.#filled[this.#filledEndingAfter(begin)]
  }

  leafCount(piece: number): number {
    const file = this.fileOf(piece)
    if (file === undefined) return 0
    return powerOfTwoAtLeast(Math.ceil(Math.min(this.files[file]!.length, this.pieceLength) / BLOCK_BYTES))
  }

  /** Where a piece begins in the stream. */
  #begin(piece: number): number {
    assert(Number.isInteger(piece) && piece >= 0 && piece < this.pieceCount, `no piece ${piece}`)
    return piece * this.pieceLength
  }

  /** Where the n-th file that has bytes ends in the stream. */
  #endOf(n: number): number {
    const file = this.#filled[n]!
    return this.#starts[file]! + this.files[file]!.length
  }

  /** How many of the files that have bytes start before `offset`. */
  #filledBefore(offset: number): number {
    return partition(this.#filled.length, n => this.#starts[this.#filled[n]!]! < offset)
  }

  /** The first of the files that have bytes to end after `offset`. */
  #filledEndingAfter(offset: number): number {
    return partition(this.#filled.length, n => this.#endOf(n) <= offset)
  }
}

/** Indices of the files that have bytes. */
function filledFiles(files: readonly LayoutFile[]): Uint32Array {
  const filled = new Uint32Array(files.length)
  let count = 0
  for (let file = 0; file < files.length; file++) if (files[file]!.length > 0) filled[count++] = file
  return filled.subarray(0, count)
}

/** How many of 0 … count − 1 satisfy `isBefore`, which must hold for a prefix only: binary search. */
function partition(count: number, isBefore: (n: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(middle)) low = middle + 1
    else high = middle
  }
  return low
}
