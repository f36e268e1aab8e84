/** The part of `Blob` that seeding needs, so that a file on a server's disk can stand in for one. */
export interface BlobLike {
  /** Bytes. */
  readonly size: number
  /** A view of bytes `begin` to `end` (exclusive), without reading them. */
  slice(begin: number, end: number): BlobLike
  arrayBuffer(): Promise<ArrayBuffer>
  stream(): ReadableStream<Uint8Array>
}

/** All of its bytes. */
export async function readBlob(blob: Pick<BlobLike, 'arrayBuffer'>): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer())
}
