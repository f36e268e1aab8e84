/** A site that `shoal build` was run on, its server, and visitors that fetch what it lists from peers alone. */
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fromHex } from '../../../src/metainfo/bytes.ts'
import type { Shoal, Torrent } from '../../../src/node/index.ts'
import { type Manifest, readManifest } from '../../../src/site/manifest.ts'
import { type SiteSwarm, swarmsOf, torrentOf } from '../../../src/site/swarms.ts'
import { type CliOutcome, runCli, scratchFolder } from './cli.ts'
import type { Lifetime } from './scope.ts'
import { startWebSeed, type WebSeedServer } from './web-seed-server.ts'

export interface BuiltSite {
  /** Above `site`, with the key in it. */
  readonly folder: string
  readonly site: string
  /** Address of the site's folder; ends in '/'. */
  readonly base: string
  /** Hex. */
  readonly key: string
  readonly server: WebSeedServer
  /** Writes a file of the site. */
  write(path: string, data: Uint8Array): Promise<void>
  /** Runs `shoal build` and puts what lies in the folder on the server. */
  build(...more: readonly string[]): Promise<CliOutcome>
  /** Runs another command on the folder, and puts what lies there on the server. */
  run(...args: readonly string[]): Promise<CliOutcome>
  manifest(): Promise<Manifest>
}

/**
 * @param lifetime of server and folder
 * @param options.path of the base on the server: empty or ending in '/'
 */
export async function buildSite(
  lifetime: Lifetime,
  options: {
    readonly files: Readonly<Record<string, Uint8Array>>
    readonly trackerUrl: string
    readonly path?: string
    readonly build?: readonly string[]
  },
): Promise<BuiltSite> {
  const { files, trackerUrl, path: basePath = '' } = options
  const folder = await scratchFolder(lifetime)
  const site = join(folder, 'site')
  const server = await startWebSeed(lifetime, { files: {} })
  const base = `${server.url}${basePath}`
  const run = async (...args: readonly string[]): Promise<CliOutcome> => {
    const outcome = await runCli(args, { cwd: folder })
    assert.equal(outcome.exitCode, 0, outcome.stderr)
    const all = await readAll(site)
    for (const path of Object.keys(server.files)) delete server.files[path]
    for (const [path, bytes] of all) server.files[`${basePath}${path}`] = bytes
    return outcome
  }
  const built: BuiltSite = {
    folder,
    site,
    base,
    server,
    key: '',
    run,
    async write(path, data) {
      await mkdir(dirname(join(site, path)), { recursive: true })
      await writeFile(join(site, path), data)
    },
    build: (...more) =>
      run('build', 'site', '--origin', base, '--tracker', trackerUrl, ...(options.build ?? []), ...more),
    manifest: async () => readManifest(new Uint8Array(await readFile(join(site, 'shoal.torrent')))).manifest,
  }
  for (const [path, data] of Object.entries(files)) await built.write(path, data)
  const { stdout } = await run('keygen')
  assert.equal(fromHex(stdout.trim())?.length, 32)
  await built.build()
  return { ...built, key: stdout.trim() }
}

/** The torrent of a swarm without web seeds: only peers can bring it. */
export function peersOnly(swarm: SiteSwarm): Uint8Array {
  return torrentOf({ ...swarm, metainfo: { ...swarm.metainfo, webSeeds: [] } })
}

/** Joins every swarm of a deploy. */
export function visit(shoal: Shoal, manifest: Manifest): { readonly swarm: SiteSwarm; readonly torrent: Torrent }[] {
  return swarmsOf(manifest).map(swarm => ({ swarm, torrent: shoal.add(peersOnly(swarm)) }))
}

/** Every file of a swarm is on disk as it was received. */
export async function assertAsOnDisk(
  site: string,
  { swarm, torrent }: { readonly swarm: SiteSwarm; readonly torrent: Torrent },
): Promise<void> {
  for (const [i, { path, encoding }] of swarm.files.entries()) {
    const expected = await readFile(join(site, encoding === 'gzip' ? `${path}.gz` : path))
    assert.ok(expected.equals(Buffer.from(await torrent.files[i]!.arrayBuffer())), path)
  }
}

async function readAll(folder: string): Promise<[string, Uint8Array][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const places = entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return Promise.all(
    places.map(async place => [place.slice(folder.length + 1).replaceAll('\\', '/'), await readFile(place)] as const),
  ).then(all => all.map(([path, bytes]) => [path, new Uint8Array(bytes)]))
}
