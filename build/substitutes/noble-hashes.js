// SHA-1 and SHA-256 (FIPS 180-4) for @noble/hashes, whose classes, checks and tables are 1.3 KB gzip more than these. Nothing hashed
// here is a secret, so the time it takes may tell what it is. test/build/hashes.test.ts holds them against OpenSSL and
// @noble/hashes, test/browser/hashes.test.ts against WebCrypto.
//
// Their constants are the first bits of roots of primes, and are computed: `sqrt` and the four operations are exact to more bits than are
// used, in every engine.

/** Words of the message, of which the first 16 are a block; used again and again, for nothing waits between. */
const words = new Int32Array(80)

export const sha256 = bytes => digest(bytes, SHA256_START, mixSha256)
export const sha1 = bytes => digest(bytes, SHA1_START, mixSha1)

/** The digest of `bytes`: what `mix` makes of `start` and every block. */
function digest(bytes, start, mix) {
  const state = Int32Array.from(start)
  // A one, zeros, and the length in bits end the last block.
  const view = new DataView(new ArrayBuffer(Math.ceil((bytes.length + 9) / 64) * 64))
  const padded = new Uint8Array(view.buffer)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  view.setBigUint64(padded.length - 8, BigInt(bytes.length * 8))
  for (let at = 0; at < padded.length; at += 64) {
    for (let t = 0; t < 16; t++) words[t] = view.getInt32(at + t * 4)
    // Words of 32 bits: they wrap around as they are added.
    for (const [index, word] of mix(...state).entries()) state[index] += word
  }
  for (const [index, word] of state.entries()) view.setInt32(index * 4, word)
  return padded.slice(0, state.length * 4)
}

function mixSha256(a, b, c, d, e, f, g, h) {
  for (let t = 0; t < 64; t++) {
    if (t > 15) {
      const early = words[t - 15]
      const late = words[t - 2]
      words[t] =
        words[t - 16] +
        words[t - 7] +
        (rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)) +
        (rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10))
    }
    const first =
      h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + SHA256_ROUNDS[t] + words[t]
    const second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  return [a, b, c, d, e, f, g, h]
}

function mixSha1(a, b, c, d, e) {
  for (let t = 0; t < 80; t++) {
    if (t > 15) words[t] = rotate(words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16], 31)
    const quarter = Math.floor(t / 20)
    const mixed = quarter === 0 ? (b & c) | (~b & d) : quarter === 2 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d
    const next = (rotate(a, 27) + mixed + e + SHA1_ROUNDS[quarter] + words[t]) | 0
    e = d
    d = c
    c = rotate(b, 2)
    b = a
    a = next
  }
  return [a, b, c, d, e]
}

function rotate(word, bits) {
  return (word >>> bits) | (word << (32 - bits))
}

/** The first 32 bits after the point. */
function fractionBits(value) {
  return ((value % 1) * 0x1_0000_0000) | 0
}

/** By Newton's method. */
function cubeRoot(value) {
  let root = value
  for (let n = 0; n < 30; n++) root -= (root * root * root - value) / (3 * root * root)
  return root
}

const PRIMES = []
for (let n = 2; PRIMES.length < 64; n++) if (PRIMES.every(prime => n % prime)) PRIMES.push(n)
const SHA256_START = PRIMES.slice(0, 8).map(prime => fractionBits(Math.sqrt(prime)))
const SHA256_ROUNDS = PRIMES.map(prime => fractionBits(cubeRoot(prime)))
const SHA1_START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
const SHA1_ROUNDS = [2, 3, 5, 10].map(n => Math.floor(Math.sqrt(n) * 0x4000_0000))
