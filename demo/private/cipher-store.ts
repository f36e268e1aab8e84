/**
 * Sealed files as the store of their own torrent, so that a share is seeded again after a reload without hashing: pieces are
 * sealed when they are asked for, and the library compares each with the torrent's hashes before it is sent.
 */
import type { PieceRef, Store } from '../shoal.min.js'
import type { BlobLike } from './cipher-blob.ts'

/** @param fileAt the sealed file of a number; undefined where its content is gone: its pieces are misses then */
export function cipherStore(fileAt: (number: number) => BlobLike | undefined): Store {
  return {
    async open({ layout }) {
      // The torrent's order is not that of the numbers.
      const numbers = layout.files.map(({ path }) => Number(path.slice(path.lastIndexOf('/') + 1)))
      const sourceOf = (file: number): BlobLike | undefined => fileAt(numbers[file]!)
      return {
        recheck: false,
        has: async refs => refs.map(({ slices }) => slices.every(({ file }) => sourceOf(file) !== undefined)),
        read: ref => readPiece(ref, sourceOf),
        write: async () => {
          throw new Error('the files that are shared are not written to')
        },
        remove: async () => {},
        close: async () => {},
      }
    },
    // What is remembered of the share lies elsewhere.
    remember: async () => {},
    recall: async () => undefined,
    recallAll: async () => [],
    forget: async () => {},
    close: async () => {},
  }
}

/** A v2 piece lies in one file. */
async function readPiece(
  { slices }: PieceRef,
  sourceOf: (file: number) => BlobLike | undefined,
): Promise<Uint8Array | undefined> {
  const [slice, ...others] = slices
  const source = slice && sourceOf(slice.file)
  if (source === undefined || others.length > 0) return undefined
  return new Uint8Array(await source.slice(slice!.offset, slice!.offset + slice!.length).arrayBuffer())
}
