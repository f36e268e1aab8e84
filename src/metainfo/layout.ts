// Placeholder contract; the room's author replaces it with the implementation. (interfaces are the seam)
export interface LayoutFile {
  /** Safe path, '/'-joined; a folder's torrent starts with its name. */
  readonly path: string
  /** Bytes. */
  readonly length: number
  /** Root of the file's Merkle tree, 32 bytes (v2, hybrid; absent for empty files and v1). */
  readonly piecesRoot?: Uint8Array
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

/** The pieces of a torrent over its files: one description for v1, v2 and hybrid. Pad files never appear in `files`. */
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
  /** Pieces that hold a file's bytes: first (inclusive) to end (exclusive); first === end for an empty file. */
  piecesOf(file: number): { first: number; end: number }
  /** The SHA-1 of a piece, 20 bytes; undefined for v2-only. */
  sha1(piece: number): Uint8Array | undefined
  /** v2 and hybrid: the one file that a piece lies in. undefined for v1. */
  fileOf(piece: number): number | undefined
  /** v2 and hybrid: leaves of the piece's subtree, padding included (a power of two). 0 for v1. */
  leafCount(piece: number): number
}
