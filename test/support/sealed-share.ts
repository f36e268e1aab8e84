/**
 * Private shares as demo/private/FORMAT.md has them, written anew from that text on Node's own cryptography: nothing here is
 * shared with the page, so that the two can be compared.
 */
import { createCipheriv, createHash, hkdfSync, pbkdf2Sync } from 'node:crypto'

export interface PlainFile {
  readonly path: string
  readonly type: string
  readonly content: Buffer
}

export interface Sealing {
  readonly secret: Buffer
  readonly name: string
  readonly files: readonly PlainFile[]
  readonly password?: { readonly text: string; readonly iterations: number }
}

export interface Sealed {
  /** Secret, and the stretched password where there is one. */
  readonly material: Buffer
  /** Keys of files 0, 1, … */
  readonly keys: readonly Buffer[]
  readonly listing: Buffer
  /** File 0 before it is sealed. */
  readonly envelope: Buffer
  /** What the torrent has: files 0, 1, … */
  readonly sealed: readonly Buffer[]
}

export function sealShare({ secret, name, files, password }: Sealing): Sealed {
  const salt = derive(secret, 'password salt')
  const stretched = password
    ? [pbkdf2Sync(password.text.normalize('NFC'), salt, password.iterations, 32, 'sha256')]
    : []
  const material = Buffer.concat([secret, ...stretched])
  const entries = files.map(({ path, type, content }) => ({ path, length: content.length, type }))
  const listing = Buffer.from(JSON.stringify({ name, files: entries }))
  const body = password ? sealRecords(derive(material, 'listing'), listing) : listing
  const head = Buffer.alloc(24)
  head.write('shoal private 1\n', 'ascii')
  head.writeUInt32BE(password?.iterations ?? 0, 16)
  head.writeUInt32BE(body.length, 20)
  const envelope = pad(Buffer.concat([head, body]), 15_872)
  const keys = [derive(secret, 'file 0'), ...files.map((_, i) => derive(material, `file ${i + 1}`))]
  const plain = [envelope, ...files.map(({ content }) => pad(content, 4096))]
  return { material, keys, listing, envelope, sealed: plain.map((bytes, i) => sealRecords(keys[i]!, bytes)) }
}

function derive(material: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', material, Buffer.alloc(0), `shoal private share 1: ${purpose}`, 32))
}

export function sealRecords(key: Buffer, plain: Buffer): Buffer {
  const count = Math.ceil(plain.length / 16_368)
  const records: Buffer[] = []
  for (let i = 0; i < count; i++) {
    const nonce = Buffer.alloc(12)
    nonce.writeUIntBE(i, 5, 6)
    nonce[11] = i === count - 1 ? 1 : 0
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    records.push(cipher.update(plain.subarray(i * 16_368, (i + 1) * 16_368)), cipher.final(), cipher.getAuthTag())
  }
  return Buffer.concat(records)
}

/** Padmé, by the bits of its definition (figure 4 of the paper). */
function pad(content: Buffer, lengthMin: number): Buffer {
  const length = BigInt(Math.max(content.length, lengthMin))
  const exponent = BigInt(length.toString(2).length - 1)
  const significant = BigInt(exponent.toString(2).length)
  const mask = (1n << (exponent - significant)) - 1n
  return Buffer.concat([content, Buffer.alloc(Number((length + mask) & ~mask) - content.length)])
}

/** What `test/fixtures/private-share.json` says. */
export function makeVectors(): object {
  const secret = Buffer.from(Array.from({ length: 32 }, (_, i) => i))
  const files: PlainFile[] = [
    { path: 'holiday/grüße.txt', type: 'text/plain', content: Buffer.from('The fish are fine.\n') },
    { path: 'holiday/day 1/empty', type: '', content: Buffer.alloc(0) },
    { path: 'holiday/day 1/reef.bin', type: 'application/octet-stream', content: patternBytes(40_000) },
  ]
  return {
    about:
      'Private shares of Shoal: see demo/private/FORMAT.md. Hex, UTF-8. Byte i of a content given as a length is (7 i + 3) mod 256. Of sealed files the SHA-256.',
    shares: [
      vector({ secret, name: 'holiday', files }),
      vector({ secret, name: 'holiday', files, password: { text: 'pässwort', iterations: 600_000 } }),
    ],
  }
}

export function patternBytes(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => (7 * i + 3) % 256))
}

function vector(sealing: Sealing): object {
  const { material, keys, listing, sealed } = sealShare(sealing)
  const { secret, name, files, password } = sealing
  return {
    secret: secret.toString('hex'),
    ...(password && { password }),
    material: material.toString('hex'),
    name,
    listing: listing.toString(),
    files: sealed.map((bytes, i) => {
      const file = files[i - 1]
      const content = file && (file.content.length > 100 ? file.content.length : file.content.toString())
      return {
        ...(file && { path: file.path, type: file.type, content }),
        key: keys[i]!.toString('hex'),
        sealedLength: bytes.length,
        sealedStart: bytes.subarray(0, 32).toString('hex'),
        sealedEnd: bytes.subarray(-32).toString('hex'),
        sealedSha256: createHash('sha256').update(bytes).digest('hex'),
      }
    }),
  }
}
