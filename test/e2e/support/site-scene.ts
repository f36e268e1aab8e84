/** Folders as bundlers leave them, and the commands that build sites run on them. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fromHex } from '../../../src/metainfo/bytes.ts'
import { type Manifest, verifyManifest } from '../../../src/site/manifest.ts'
import { checkPair, verifyPointer } from '../../../src/site/pointer.ts'
import { type CliOutcome, runCli, scratchFolder } from './cli.ts'
import type { Lifetime } from './scope.ts'

export const BASE = 'https://example.org/app/'
export const URLS = ['--origin', BASE, '--tracker', 'wss://tracker.example']

/** Hexadecimal digits, which gzip shrinks to little more than a half. */
export const text = (length: number): Buffer =>
  Buffer.from(
    randomBytes(Math.ceil(length / 2))
      .toString('hex')
      .slice(0, length),
  )

/** What bundlers leave: pages, scripts, maps, images, a film, and things that are nobody's business. */
export const FILES: Readonly<Record<string, Buffer>> = {
  'index.html': text(30_000),
  'about/index.htm': text(30_000),
  'assets/app-B1c2D3e4.js': text(60_000),
  'assets/app-B1c2D3e4.js.map': text(90_000),
  'assets/data.json': text(400_000),
  'assets/noise.bin': randomBytes(100_000),
  'assets/photo-0a1b2c3d.jpg': randomBytes(90_000),
  'assets/tiny.png': randomBytes(900),
  'assets/scene.usdz': randomBytes(20_000),
  contact: text(20_000),
  'film.mp4': randomBytes(8 * 1024 * 1024 + 5),
  '.env': text(50_000),
  '.git/objects/pack.bin': randomBytes(50_000),
}

export interface Scene {
  /** With the key, and the site in `site`. */
  readonly folder: string
  readonly site: string
  readonly key: Uint8Array
  run(...args: readonly string[]): Promise<CliOutcome>
}

export async function scene(lifetime: Lifetime, files = FILES): Promise<Scene> {
  const folder = await scratchFolder(lifetime)
  const site = join(folder, 'site')
  for (const [path, data] of Object.entries(files)) {
    await mkdir(dirname(join(site, path)), { recursive: true })
    await writeFile(join(site, path), data)
  }
  const run = (...args: readonly string[]): Promise<CliOutcome> => runCli(args, { cwd: folder })
  const made = await run('keygen')
  assert.equal(made.exitCode, 0, made.stderr)
  return { folder, site, run, key: fromHex(made.stdout.trim())! }
}

/** What a command says that must succeed. */
export async function done(outcome: Promise<CliOutcome>): Promise<CliOutcome> {
  const result = await outcome
  assert.equal(result.exitCode, 0, result.stderr)
  return result
}

/** Of a command that must fail with this sentence, and without a stack trace. */
export async function refused(outcome: Promise<CliOutcome>, sentence: RegExp, exitCode?: number): Promise<void> {
  const result = await outcome
  assert.notEqual(result.exitCode, 0, result.stdout)
  if (exitCode !== undefined) assert.equal(result.exitCode, exitCode, result.stderr)
  assert.match(result.stderr, sentence)
  assert.doesNotMatch(result.stderr, /^\s+at /m, 'a stack trace')
}

/** As a visitor reads it. */
export async function manifestIn({ site, key }: Pick<Scene, 'site' | 'key'>): Promise<Manifest> {
  const trust = { key, base: BASE, nowSeconds: Math.floor(Date.now() / 1000) }
  const { manifest } = await verifyManifest(await readFile(join(site, 'shoal.torrent')), trust)
  const { pointer } = await verifyPointer(await readFile(join(site, 'shoal.pointer')), { ...trust, key: manifest.key })
  checkPair(pointer, manifest)
  return manifest
}

/** Every file of a folder with a hash of its bytes. */
export async function contentsOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const hashed = files.sort().map(async place => {
    const hash = createHash('sha256')
      .update(await readFile(place))
      .digest('hex')
    return [place.slice(folder.length + 1), hash]
  })
  return Object.fromEntries(await Promise.all(hashed))
}
