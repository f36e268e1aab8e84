/**
 * Decodes messages. V8 copies UTF-8 that is ASCII, and decodes all other a character at a time: a whole announce for the sake of its infohash and
 * offer ids, which are hardly ever ASCII. Its SDPs are, and are nine tenths of it: so these are copied here, and only what is between them is decoded.
 */

const KEY = Buffer.from('"sdp":"')
const QUOTE = 0x22
/** Latin-1. Of one message at a time, so it is used again. */
const narrowed = Buffer.allocUnsafe(64 * 1024)

/** @param bytes UTF-8 */
export function decodeText(bytes: Buffer): string {
  if (bytes.length > narrowed.length) return bytes.toString()
  let length = 0
  let wideCount = 0
  let from = 0
  while (from < bytes.length) {
    const key = bytes.indexOf(KEY, from)
    const sdp = key < 0 ? bytes.length : key + KEY.length
    while (from < sdp) {
      const byte = bytes[from++]!
      // Characters of latin-1 beyond ASCII have two bytes.
      const isWide = byte === 0xc2 || byte === 0xc3
      narrowed[length++] = isWide ? ((byte & 3) << 6) | (bytes[from++]! & 0x3f) : byte
      if (isWide) wideCount++
    }
    const quote = bytes.indexOf(QUOTE, sdp)
    from = quote < 0 ? bytes.length : quote
    length += bytes.copy(narrowed, length, sdp, from)
  }
  const text = narrowed.toString('latin1', 0, length)
  // Where others are beyond ASCII than those that were decoded, it is no latin-1, or an SDP is not what it should be.
  const beyondAscii = Buffer.byteLength(text) - length
  return beyondAscii === wideCount ? text : bytes.toString()
}
