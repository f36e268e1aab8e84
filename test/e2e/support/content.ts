/** What end-to-end tests send across: described once, made in pages and in Node, compared by hash. */
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Received, SourceFile } from './peer-types.ts'
import { payloadChunks } from './payload.ts'

export interface Content {
  /** Of the torrent. */
  readonly name: string
  readonly files: readonly SourceFile[]
  /** What must arrive, by path. */
  readonly expected: readonly Received[]
}

/** One file whose bytes follow from a seed. */
export function payloadFile(name: string, { seed, length }: { seed: number; length: number }): Content {
  return contentOf(name, [{ path: name, seed, length }])
}

/** A folder of such files: paths below it, and their lengths in bytes. Every file has bytes of its own. */
export function payloadFolder(name: string, lengths: Readonly<Record<string, number>>): Content {
  const entries = Object.entries(lengths)
  return contentOf(
    name,
    entries.map(([path, length], seed) => ({ path: `${name}/${path}`, seed: seed + 1, length })),
  )
}

/** A real folder. The test site must serve it under /files/. */
export async function diskFolder(folder: string): Promise<Content> {
  const name = basename(folder)
  const files: SourceFile[] = []
  const expected: Received[] = []
  const entries = await readdir(folder, { recursive: true })
  for (const below of entries.sort()) {
    const place = join(folder, below)
    const stats = await stat(place)
    if (!stats.isFile()) continue
    const sha256 = createHash('sha256')
      .update(await readFile(place))
      .digest('hex')
    const path = `${name}/${below}`
    files.push({ path, length: stats.size, place, url: `/files/${below.split('/').map(encodeURIComponent).join('/')}` })
    expected.push({ path, length: stats.size, sha256 })
  }
  return { name, files, expected }
}

function contentOf(name: string, files: readonly (SourceFile & { seed: number })[]): Content {
  const expected = files.map(({ path, seed, length }) => {
    const hash = createHash('sha256')
    for (const chunk of payloadChunks(seed, length)) hash.update(chunk)
    return { path, length, sha256: hash.digest('hex') }
  })
  return { name, files, expected }
}
