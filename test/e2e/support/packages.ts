/**
 * Real packages from the npm registry, as peers and as payload. They are not dependencies: WebTorrent's install fails
 * on npm (ip-set's `only-allow pnpm`), and monaco-editor is 100 MB. Fetched once into node_modules/.cache and checked
 * against the hash that is pinned here.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { ALL } from './all.ts'

const run = promisify(execFile)

const CACHE = resolve('node_modules/.cache/shoal')

/** npm's own view of the tarballs: `npm view NAME@VERSION dist.integrity`. */
const INTEGRITY = {
  'webtorrent@3.0.21':
    'sha512-PFgLphma0dsUWmbWrZ016Cja+j+3D3DXuhk09A5u9qVAzH1T4Vj1VZd8j+zb8sDwPv7NA7+qgPtDEN4iFd6wdw==',
  'monaco-editor@0.57.0':
    'sha512-5BkI9KGoqrNvBGUe15/QlZq3OooZ8WLg1AxTpaqHRCP3HNpzPPZKE2EDz8M7c+VRmCeUw1Brp4cx/PWm3kI/5A==',
} as const

export type PackageName = keyof typeof INTEGRITY

/** A folder that somebody made for other ends than ours: thousands of files with `SHOAL_TEST_ALL=1`, hundreds of them otherwise. */
export async function realFolder(): Promise<string> {
  return join(await fetchPackage('monaco-editor@0.57.0'), ALL ? '' : 'esm/vs/editor')
}

/** Folder of the unpacked package. */
export async function fetchPackage(name: PackageName): Promise<string> {
  const folder = join(CACHE, name)
  if (existsSync(folder)) return folder
  await mkdir(CACHE, { recursive: true })
  const scratch = await mkdtemp(join(CACHE, 'fetching-'))
  try {
    await run('npm', ['pack', name, '--silent', '--pack-destination', scratch])
    const tarball = (await readdir(scratch)).find(file => file.endsWith('.tgz'))
    if (tarball === undefined) throw new Error(`npm pack ${name} left no tarball`)
    const integrity = `sha512-${createHash('sha512')
      .update(await readFile(join(scratch, tarball)))
      .digest('base64')}`
    if (integrity !== INTEGRITY[name]) throw new Error(`${name} has the hash ${integrity}, not the pinned one`)
    await run('tar', ['-xzf', tarball], { cwd: scratch })
    // Whole or not at all: another process may be fetching the same.
    await rename(join(scratch, 'package'), folder).catch(error => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return folder
}

/** WebTorrent's ready-made browser build: an ES module whose default export is the client. */
export async function webTorrentBundle(): Promise<string> {
  return join(await fetchPackage('webtorrent@3.0.21'), 'dist/webtorrent.min.js')
}
