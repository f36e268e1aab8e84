/** Mutated torrents and magnets: nothing but a ShoalError may come out, and soon. Replay with SEED=… */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShoalError } from '../../src/errors.ts'
import { BencodeDict, BencodeList, decode, encode, type BencodeValue } from '../../src/metainfo/bencode.ts'
import { fromUtf8 } from '../../src/metainfo/bytes.ts'
import { parseInfo } from '../../src/metainfo/info.ts'
import { parseMagnet } from '../../src/metainfo/magnet.ts'
import { encodeMetainfo, parseMetainfo } from '../../src/metainfo/metainfo.ts'
import { PieceHashes } from '../../src/metainfo/piece-hashes.ts'
import { readVector, seededRandom, testSeed, vectors } from '../fixtures/payload.ts'
import { processorMs } from '../support/processor-time.ts'

const seed = testSeed()
const torrents = vectors.cases.map(({ torrent }) => readVector(torrent))

/** What a hostile hand may put in place of anything. */
const SPLICES = [
  'e',
  'd',
  'l',
  'i0e',
  'i-1e',
  'i9007199254740991e',
  '0:',
  '4:attr1:p',
  '6:lengthi0e',
  'le',
  'de',
  '2:..',
  '1:\0',
  '99:',
]

/** Copies bytes with a few cuts, flips, repeats and splices. */
function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  let mutated = bytes.slice()
  const below = (count: number): number => Math.floor(random() * count)
  for (let count = 1 + below(4); count > 0; count--) {
    const at = below(mutated.length + 1)
    const end = Math.min(mutated.length, at + below(40))
    const part = [
      () => mutated.fill(below(256), at, at + 1).subarray(at, end),
      () => new Uint8Array(0),
      () => fromUtf8(SPLICES[below(SPLICES.length)]!),
      () => Buffer.concat(Array(below(4)).fill(mutated.subarray(at, end))),
      () => fromUtf8(`${below(100)}`),
    ][below(5)]!()
    mutated = new Uint8Array(Buffer.concat([mutated.subarray(0, at), part, mutated.subarray(end)]))
  }
  return mutated
}

/** Runs `act`, which may throw a ShoalError and nothing else. @returns whether it did not throw */
function survives(act: () => void, round: number): boolean {
  let failure: unknown
  const tookMs = processorMs(() => {
    try {
      act()
    } catch (error) {
      failure = error
    }
  })
  assert.ok(tookMs < 500, `seed ${seed}, round ${round}: ${tookMs} ms`)
  if (failure === undefined) return true
  if (!(failure instanceof ShoalError)) throw new Error(`seed ${seed}, round ${round}`, { cause: failure })
  assert.ok(failure.message.length > 20)
  return false
}

/** Reads all there is of a value. */
function walk(value: BencodeValue): void {
  if (value instanceof BencodeList) for (const item of value) walk(item)
  if (value instanceof BencodeDict) for (const [, item] of value) walk(item)
}

test(`mutated torrents give a ShoalError or a torrent that holds together (seed ${seed})`, () => {
  const random = seededRandom(seed)
  let accepted = 0
  for (let round = 0; round < 6000; round++) {
    const bytes = mutate(torrents[round % torrents.length]!, random)
    const isAccepted = survives(() => {
      const metainfo = parseMetainfo(bytes)
      const { layout } = metainfo
      const hashes = new PieceHashes(layout, metainfo.pieceLayers)
      let bytesCovered = 0
      for (let piece = 0; piece < Math.min(layout.pieceCount, 1000); piece++) {
        for (const slice of layout.slices(piece)) bytesCovered += slice.length
        assert.ok(layout.pieceBytes(piece) <= layout.paddedBytes(piece))
        assert.ok(
          layout.version === 'v1' || hashes.needsLayer(layout.fileOf(piece)!) || hashes.root(piece)!.length === 32,
        )
      }
      if (layout.pieceCount <= 1000) assert.equal(bytesCovered, layout.totalBytes)
      const paths = layout.files.map(({ path }) => path.toLowerCase())
      assert.equal(new Set(paths).size, paths.length)
      for (const path of paths) assert.doesNotMatch(path, /(^|\/)\.{0,2}(\/|$)|\0|\\/)
      assert.deepEqual(parseMetainfo(encodeMetainfo(metainfo)).wireInfoHash, metainfo.wireInfoHash)
    }, round)
    if (isAccepted) accepted++
  }
  assert.ok(accepted > 10 && accepted < 5990, `${accepted} of 6000 were accepted`)
})

test(`mutated info dicts give a ShoalError or an info dict (seed ${seed})`, () => {
  const random = seededRandom(seed + 1)
  const infos = torrents.map(bytes => parseMetainfo(bytes).infoBytes)
  for (let round = 0; round < 4000; round++) {
    const bytes = mutate(infos[round % infos.length]!, random)
    survives(() => void parseInfo(bytes), round)
  }
})

test(`random bencode is read whole or refused, and written again as it was (seed ${seed})`, () => {
  const random = seededRandom(seed + 2)
  const alphabet = fromUtf8('dlie0123456789:-ab')
  for (let round = 0; round < 20_000; round++) {
    const length = Math.floor(random() * 12) + 1
    const bytes = Uint8Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]!)
    survives(() => {
      const value = decode(bytes)
      walk(value)
      assert.deepEqual(encode(value), bytes)
    }, round)
  }
})

test(`mutated magnets give a ShoalError or a magnet with a hash (seed ${seed})`, () => {
  const random = seededRandom(seed + 3)
  for (let round = 0; round < 4000; round++) {
    const link = fromUtf8(vectors.cases[round % vectors.cases.length]!.magnet)
    const text = new TextDecoder().decode(mutate(link, random))
    survives(() => {
      const magnet = parseMagnet(text)
      assert.ok(magnet.infoHashV1?.length === 20 || magnet.infoHashV2?.length === 32)
    }, round)
  }
})
