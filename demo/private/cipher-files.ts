/** The numbered files of a private share, sealed while they are read: for seeding, and for seeding again after a reload. */
import { type BlobLike, cipherBlob, type PlainBlob } from './cipher-blob.ts'
import { fileKey, type KeyMaterial, SECRET_BYTES } from './keys.ts'
import { paddedLength } from './padding.ts'

export interface CipherFilesOptions {
  /** With the password mixed in, if there is one. */
  readonly material: KeyMaterial
  /** File 0 before it is sealed. */
  readonly envelope: Uint8Array<ArrayBuffer>
  /** In the listing's order. What is missing cannot be read at the moment. */
  readonly contents: readonly (PlainBlob | undefined)[]
}

/** Sealed files by their number; missing where the content is. */
export function cipherFiles({ material, envelope, contents }: CipherFilesOptions): (BlobLike | undefined)[] {
  const listing = cipherBlob({
    source: new Blob([envelope]),
    // Whoever has the link may know that a password is needed.
    key: () => fileKey(material.slice(0, SECRET_BYTES), 0),
    paddedBytes: envelope.length,
  })
  const files = contents.map((source, index) => {
    if (source === undefined) return undefined
    return cipherBlob({
      source,
      key: () => fileKey(material, index + 1),
      paddedBytes: paddedLength(source.size),
    })
  })
  return [listing, ...files]
}
