/** Bytes and the strings that stand for them: hex, latin-1 ("binary": a char a byte) and UTF-8. */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function toHex(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += HEX[byte]!
  return hex
}

/** @returns undefined when `hex` is not an even count of hexadecimal digits */
export function fromHex(hex: string): Uint8Array | undefined {
  if (!/^([0-9a-f]{2})*$/i.test(hex)) return undefined
  return Uint8Array.from(hex.match(/../g) ?? [], byte => Number.parseInt(byte, 16))
}

/** A char a byte, as tracker messages and bencode keys have it. */
export function toLatin1(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return text
}

/** @returns undefined when a char is above U+00FF */
export function fromLatin1(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0xff) return undefined
    bytes[i] = code
  }
  return bytes
}

const utf8Decoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true })
const utf8Encoder = /* @__PURE__ */ new TextEncoder()

/** Bytes that are not UTF-8 become U+FFFD. */
export function toUtf8(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes)
}

/** Lone surrogates become U+FFFD. */
export function fromUtf8(text: string): Uint8Array {
  return utf8Encoder.encode(text)
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
