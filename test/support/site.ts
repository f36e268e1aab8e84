/** Keys, files and manifests of a small site, and manifests that are signed well and say something wrong. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { ShoalError } from '../../src/errors.ts'
import { BencodeDict, decode, encode, type Encodable } from '../../src/metainfo/bencode.ts'
import { MerkleTree } from '../../src/metainfo/merkle.ts'
import { hashContent } from '../../src/node/site/hash-content.ts'
import { type DraftFile, encodeManifest, type ManifestDraft, signManifest } from '../../src/site/manifest-encode.ts'
import type { ManifestTrust } from '../../src/site/manifest.ts'
import type { SiteErrorCode } from '../../src/site/refusal.ts'
import { type Identity, rotate } from '../../src/site/rotation.ts'
import { type Signer, signer } from '../../src/site/signature.ts'

/** Unix seconds: the clock of these tests. */
export const NOW = 1_800_000_000

export const BASE = 'https://example.org/app/'

export interface TestKey extends Identity {
  readonly sign: Signer
}

/** A key; with `old`, one that follows it. */
export async function testKey(old?: TestKey): Promise<TestKey> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  const key = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  return {
    key,
    rotated: old === undefined ? [] : await rotate(old, key, old.sign),
    sign: signer(pair.privateKey),
  }
}

/** A file of these bytes. */
export async function testFile(path: string, data: Uint8Array, file: Partial<DraftFile> = {}): Promise<DraftFile> {
  const content = await hashContent(new Blob([data as BlobPart]), {
    signal: new AbortController().signal,
    onBytes: () => undefined,
    wantsSha1: true,
  })
  return { path, type: 'image/png', encoding: undefined, length: data.length, isImmutable: false, content, ...file }
}

/** A file too large for the site's swarm, whose bytes nobody needs: its pieces have random hashes. */
export function testBulk(path: string, length: number, pieceLength: number): DraftFile {
  const count = Math.ceil(length / pieceLength)
  const layer = new Uint8Array(randomBytes(count * 32))
  let width = 1
  while (width < count) width *= 2
  const height = Math.log2(pieceLength / 16_384)
  const piecesRoot = new MerkleTree(layer, height, height + Math.log2(width)).node(height + Math.log2(width), 0)!
  return {
    path,
    type: 'video/mp4',
    encoding: undefined,
    length,
    isImmutable: true,
    content: { length, piecesRoot: piecesRoot.slice(), layer },
  }
}

/** A site of two files, one of them a twin of two pieces. */
export async function testDraft(key: Identity, draft: Partial<ManifestDraft> = {}): Promise<ManifestDraft> {
  return {
    key: key.key,
    rotated: key.rotated,
    version: NOW - 100,
    expires: NOW + 86_400,
    base: BASE,
    name: 'app',
    files: [
      await testFile('img/a.png', new Uint8Array(20_000).fill(1), { isImmutable: true }),
      await testFile('data.json', new Uint8Array(70_000).fill(2), {
        type: 'application/json',
        encoding: 'gzip',
        length: 900_000,
      }),
    ],
    trackers: ['wss://tracker.example'],
    webSeeds: ['https://example.org/'],
    origins: [],
    policy: {},
    ...draft,
  }
}

/** Signed by the draft's own key. */
export async function testManifest(key: TestKey, draft: Partial<ManifestDraft> = {}): Promise<Uint8Array> {
  return signManifest(encodeManifest(await testDraft(key, draft)), key.sign)
}

/** What a page knows that names this key and has seen nothing yet. */
export function testTrust(key: Identity, trust: Partial<ManifestTrust> = {}): ManifestTrust {
  return { key: key.key, base: BASE, nowSeconds: NOW, ...trust }
}

type Fields = Map<string, Encodable | undefined>

/** The same manifest with something changed, and signed as it is then, whatever it says. */
export async function forge(
  bytes: Uint8Array,
  key: TestKey,
  change: (torrent: Fields, shoal: Fields) => void,
): Promise<Uint8Array> {
  const torrent: Fields = new Map(dictOf(decode(bytes)))
  const shoal: Fields = new Map(dictOf(torrent.get('shoal')))
  shoal.delete('signature')
  torrent.set('shoal', shoal)
  change(torrent, shoal)
  shoal.set('signature', await key.sign('manifest', encode(torrent)))
  return encode(torrent)
}

/** A dictionary of decoded bencode as one that can be changed. */
export function dictOf(value: unknown): Fields {
  if (value instanceof BencodeDict) return new Map(value)
  throw new Error('not a dictionary')
}

/** One sentence, for a person, and a code for programs. */
export function refusedWith(code: SiteErrorCode, sentence = /./): (error: unknown) => true {
  return error => {
    assert.ok(error instanceof ShoalError, String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, sentence)
    assert.match(error.message, /^[A-Z].*\.$/s)
    return true
  }
}
