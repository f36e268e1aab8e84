/** Files that are sealed while they are read, and opened while they are read: any range, and nothing that was altered. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type BlobLike, cipherBlob } from '../../demo/private/cipher-blob.ts'
import { readAll } from '../../demo/private/envelope.ts'
import { fileKey, newSecret } from '../../demo/private/keys.ts'
import { paddedLength } from '../../demo/private/padding.ts'
import { type CipherSource, plainStream } from '../../demo/private/plain-stream.ts'
import { cipherLength, plainLength, RECORD_BYTES, RECORD_PLAIN_BYTES } from '../../demo/private/records.ts'
import { seededRandom } from '../../src/swarm/random.ts'
import { failsWith } from '../support/private-shares.ts'
import { patternBytes, sealRecords } from '../support/sealed-share.ts'

const secret = newSecret()
const key = (): Promise<CryptoKey> => fileKey(secret, 1)

function sealedOf(content: Uint8Array<ArrayBuffer>, paddedBytes = paddedLength(content.length)): BlobLike {
  return cipherBlob({ source: new Blob([content]), key, paddedBytes })
}

async function bytesOf(blob: BlobLike): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.arrayBuffer())
}

/** A torrent's file of these bytes, which come in chunks of a size that is no record's. */
function sourceOf(sealed: Uint8Array<ArrayBuffer>, chunkBytes = 50_000): CipherSource {
  return {
    length: sealed.length,
    stream({ start = 0, end = sealed.length } = {}) {
      let at = start
      return new ReadableStream({
        pull(controller) {
          if (at < end) controller.enqueue(sealed.slice(at, Math.min(end, at + chunkBytes)))
          at += chunkBytes
          if (at >= end) controller.close()
        },
      })
    },
  }
}

async function open(sealed: Uint8Array<ArrayBuffer>, start: number, end: number): Promise<Uint8Array> {
  return readAll(plainStream({ source: sourceOf(sealed), key, start, end }))
}

describe('a file that is sealed while it is read', () => {
  it('is what an independent implementation makes of it', async () => {
    const raw = await crypto.subtle.importKey('raw', new Uint8Array(32).fill(7), 'AES-GCM', false, ['encrypt'])
    const content = new Uint8Array(patternBytes(100_000))
    const sealed = cipherBlob({ source: new Blob([content]), key: async () => raw, paddedBytes: content.length })
    assert.deepEqual(Buffer.from(await sealed.arrayBuffer()), sealRecords(Buffer.alloc(32, 7), Buffer.from(content)))
  })

  it('gives any slice of any slice as the whole has it', async () => {
    const random = seededRandom(20)
    const whole = sealedOf(new Uint8Array(patternBytes(300_000)))
    const bytes = await bytesOf(whole)
    assert.equal(bytes.length, cipherLength(paddedLength(300_000)))
    for (let i = 0; i < 60; i++) {
      const [begin = 0, end = 0] = [random(), random()]
        .map(x => Math.floor(x * (bytes.length + 1)))
        .sort((a, b) => a - b)
      const slice = whole.slice(begin, end)
      assert.equal(slice.size, end - begin)
      assert.deepEqual(await bytesOf(slice), bytes.slice(begin, end), `${begin} to ${end}`)
      const [from = 0, to = 0] = [random(), random()].map(x => Math.floor(x * (slice.size + 1))).sort((a, b) => a - b)
      assert.deepEqual(await bytesOf(slice.slice(from, to)), bytes.slice(begin + from, begin + to))
    }
  })

  it('streams what it holds', async () => {
    const whole = sealedOf(new Uint8Array(patternBytes(2_500_000)))
    const streamed = new Uint8Array(await new Response(whole.stream()).arrayBuffer())
    assert.deepEqual(streamed, await bytesOf(whole))
    assert.equal((await new Response(whole.slice(5, 5).stream()).arrayBuffer()).byteLength, 0)
  })

  it('reads no more of its source than a slice needs', async () => {
    const reads: [number, number][] = []
    const content = new Blob([new Uint8Array(1_000_000)])
    const source = {
      size: content.size,
      slice(begin: number, end: number) {
        reads.push([begin, end])
        return content.slice(begin, end)
      },
    }
    const sealed = cipherBlob({ source, key, paddedBytes: paddedLength(content.size) })
    await sealed.slice(RECORD_BYTES * 3 + 1, RECORD_BYTES * 4).arrayBuffer()
    assert.deepEqual(reads, [[RECORD_PLAIN_BYTES * 3, RECORD_PLAIN_BYTES * 4]])
  })

  it('is an error when its source shrank, and not padded with zeros', async () => {
    let content = new Blob([new Uint8Array(patternBytes(40_000))])
    const source = {
      get size() {
        return content.size
      },
      slice: (begin: number, end: number) => content.slice(begin, end),
    }
    const sealed = cipherBlob({ source, key, paddedBytes: paddedLength(40_000) })
    await sealed.slice(0, 100).arrayBuffer()
    content = content.slice(0, 30_000)
    await assert.rejects(sealed.slice(20_000, 41_000).arrayBuffer(), failsWith('file-changed'))
    await assert.rejects(sealed.slice(0, 100).arrayBuffer(), failsWith('file-changed'))
  })
})

describe('a file that is opened while it is read', () => {
  it('gives any range of its plaintext, padding last', async () => {
    const random = seededRandom(21)
    for (const length of [1, 4096, 16_368, 16_369, 200_000, 1_400_000]) {
      const content = new Uint8Array(patternBytes(length))
      const sealed = await bytesOf(sealedOf(content))
      const padded = new Uint8Array(paddedLength(length))
      padded.set(content)
      assert.deepEqual(await open(sealed, 0, padded.length), padded)
      for (let i = 0; i < 25; i++) {
        const [start = 0, end = 0] = [random(), random()].map(x => Math.floor(x * (length + 1))).sort((a, b) => a - b)
        assert.deepEqual(await open(sealed, start, end), padded.slice(start, end), `${start} to ${end} of ${length}`)
      }
    }
  })

  it('asks for no more than the records of the range', async () => {
    const sealed = await bytesOf(sealedOf(new Uint8Array(200_000)))
    const asked: unknown[] = []
    const source: CipherSource = {
      length: sealed.length,
      stream(options) {
        asked.push(options)
        return sourceOf(sealed).stream(options)
      },
    }
    await readAll(plainStream({ source, key, start: 16_368, end: 16_370 }))
    await readAll(plainStream({ source, key, start: 9, end: 9 }))
    assert.deepEqual(asked, [{ start: RECORD_BYTES, end: 2 * RECORD_BYTES }])
  })

  const content = new Uint8Array(patternBytes(5 * RECORD_PLAIN_BYTES + 100))
  const sealing = bytesOf(sealedOf(content, content.length))
  const record = (sealed: Uint8Array<ArrayBuffer>, index: number): Uint8Array<ArrayBuffer> =>
    sealed.slice(index * RECORD_BYTES, (index + 1) * RECORD_BYTES)
  const joined = (...parts: Uint8Array<ArrayBuffer>[]): Promise<ArrayBuffer> => new Blob(parts).arrayBuffer()

  const alterations: Readonly<Record<string, (sealed: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>>> = {
    'two records are swapped': s => joined(record(s, 1), record(s, 0), s.slice(2 * RECORD_BYTES)),
    'a record stands twice': s => joined(record(s, 0), record(s, 0), s.slice(2 * RECORD_BYTES)),
    'a record is left out': s => joined(record(s, 0), s.slice(2 * RECORD_BYTES)),
    'the last record is cut off': s => joined(s.slice(0, 5 * RECORD_BYTES)),
    'the last record is cut short': s => joined(s.slice(0, -10)),
    'a record is added': s => joined(record(s, 0), s),
    'a bit changed': s => joined(s.slice(0, 70_000), new Uint8Array([s[70_000]! ^ 1]), s.slice(70_001)),
  }
  for (const [what, alter] of Object.entries(alterations)) {
    it(`is an error when ${what}`, async () => {
      const altered = new Uint8Array(await alter(await sealing))
      await assert.rejects(async () => open(altered, 0, plainLength(altered.length) ?? 1), failsWith('damaged'))
    })
  }

  it('never gives bytes of a record that does not open', async () => {
    const sealed = (await sealing).slice()
    sealed[3 * RECORD_BYTES + 9]! ^= 1
    const reader = plainStream({
      source: sourceOf(sealed, RECORD_BYTES),
      key,
      start: 0,
      end: content.length,
    }).getReader()
    for (let index = 0; index < 3; index++) {
      const { value } = await reader.read()
      assert.deepEqual(value, content.slice(index * RECORD_PLAIN_BYTES, (index + 1) * RECORD_PLAIN_BYTES))
    }
    await assert.rejects(reader.read(), failsWith('damaged'))
    await assert.rejects(reader.read(), failsWith('damaged'))
  })

  it('is an error with another file’s key', async () => {
    const stream = plainStream({ source: sourceOf(await sealing), key: () => fileKey(secret, 2), start: 0, end: 10 })
    await assert.rejects(readAll(stream), failsWith('damaged'))
  })

  it('is an error when the source ends early, or fails', async () => {
    const sealed = await sealing
    const cut: CipherSource = { length: sealed.length, stream: () => new Blob([sealed.slice(0, 40_000)]).stream() }
    await assert.rejects(readAll(plainStream({ source: cut, key, start: 0, end: 50_000 })), failsWith('damaged'))
    const broken: CipherSource = {
      length: sealed.length,
      stream: () => new ReadableStream({ pull: controller => controller.error(new RangeError('offline')) }),
    }
    await assert.rejects(readAll(plainStream({ source: broken, key, start: 0, end: 50_000 })), RangeError)
  })

  it('passes on a cancel and a signal, and holds no more than it was asked for', async () => {
    const sealed = await sealing
    let pulls = 0
    let reason: unknown
    let passed: AbortSignal | undefined
    const source: CipherSource = {
      length: sealed.length,
      stream(options) {
        passed = options?.signal
        return new ReadableStream(
          {
            pull(controller) {
              controller.enqueue(record(sealed, pulls++))
            },
            cancel(why) {
              reason = why
            },
          },
          { highWaterMark: 0 },
        )
      },
    }
    const { signal } = new AbortController()
    const reader = plainStream({ source, key, start: 0, end: content.length, signal }).getReader()
    await reader.read()
    assert.equal(pulls, 1)
    await reader.cancel('enough')
    assert.equal(reason, 'enough')
    assert.equal(passed, signal)
  })

  it('refuses what is no range, and lengths that nothing is sealed to', () => {
    const source = sourceOf(new Uint8Array(cipherLength(1000)))
    for (const [start, end] of [
      [-1, 5],
      [5, 4],
      [0, 1001],
      [0.5, 1],
    ] as const) {
      assert.throws(() => plainStream({ source, key, start, end }), failsWith('invalid-argument'))
    }
    assert.throws(
      () => plainStream({ source: sourceOf(new Uint8Array(10)), key, start: 0, end: 1 }),
      failsWith('damaged'),
    )
  })
})
