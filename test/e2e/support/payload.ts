/**
 * Bytes that look random and are computed from a seed and a place, the same in Node and in pages: any range can
 * be made or checked without the rest.
 */

/** Bytes made at a time: large enough to be fast, small enough to keep memory flat. */
const CHUNK_BYTES = 4 * 1024 * 1024

/** The bytes from `offset` on. `offset` must be a multiple of 4. */
export function payloadBytes(seed: number, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4))
  const salt = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1)
  let index = offset / 4
  for (let i = 0; i < words.length; i++, index++) words[i] = mix(Math.imul(index, 0x9e3779b1) ^ salt)
  return new Uint8Array(words.buffer, 0, length)
}

/** The whole payload in chunks, for hashing and for files. */
export function* payloadChunks(seed: number, length: number): Generator<Uint8Array<ArrayBuffer>> {
  for (let offset = 0; offset < length; offset += CHUNK_BYTES) {
    yield payloadBytes(seed, offset, Math.min(CHUNK_BYTES, length - offset))
  }
}

/** The finalizer of MurmurHash3: every bit of the place moves every bit of the word. */
function mix(word: number): number {
  let h = word
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** A picture of one pixel; decoders pass over what follows. */
const PIXEL = atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==')

/** A picture of so many bytes: browsers break off the load of what is none, and keep nothing of it. */
export function pictureBytes(seed: number, length: number): Uint8Array {
  const bytes = payloadBytes(seed, 0, length)
  bytes.set(Uint8Array.from(PIXEL, character => character.charCodeAt(0)))
  return bytes
}
