/** Builds a deploy: selects files, finds or makes their twins, hashes what is new, signs, and writes everything at once. */
import { realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { messageOf, ShoalError } from '../../errors.ts'
import { bulkTorrentPath } from '../../site/bulk.ts'
import { BULK_BYTES_ABOVE, SITE_NAMES } from '../../site/limits.ts'
import { type Manifest, readManifest } from '../../site/manifest.ts'
import { encodeBulkTorrent, encodeManifest, withHead } from '../../site/manifest-encode.ts'
import { siteUrl } from '../../site/paths.ts'
import { follows } from '../../site/rotation.ts'
import { isInside } from '../confined-folder.ts'
import { checkContents } from './check-contents.ts'
import { type Deploy, type DeployFile, readManifestFile, signDeploy } from './deploy.ts'
import { draftFiles, type Drafts } from './drafts.ts'
import { HashCache } from './hash-cache.ts'
import { expiryAfter, naming, nextVersion } from './head.ts'
import type { SiteFolders } from './hosts.ts'
import type { SiteKey } from './key-file.ts'
import { missingPads, padPath, removeOldPads } from './pads.ts'
import { type LeftOut, type Selection, selectSite } from './select.ts'
import { replaceFile, Staging } from './staging.ts'
import { type TaggedPage, taggedPages } from './tag.ts'

export interface BuildOptions extends SiteFolders {
  /** Ends in '/'. */
  readonly base: string
  readonly trackers: readonly string[]
  readonly webSeeds: readonly string[]
  readonly policy: Readonly<Record<string, number | string>>
  readonly selection: Selection
  /** Whether twins may be written. */
  readonly twins: boolean
  /** Adds a v1 half, and writes the pad files that its clients fetch. */
  readonly hybrid: boolean
  readonly expiresDays: number
  /** undefined: nothing is remembered. */
  readonly cacheFile: string | undefined
  /** Without its private half the manifest is written unsigned, beside the deploy that holds. */
  readonly key: SiteKey
  readonly signal: AbortSignal
  readonly onProgress: (doneBytes: number, totalBytes: number) => void
  readonly onSkip: (path: string, why: string) => void
  /** @see SelectOptions */
  readonly fingerprinted?: ReadonlyMap<string, boolean>
}

export interface BuildResult {
  readonly manifest: Manifest
  /** false: `shoal sign` is to follow. */
  readonly isSigned: boolean
  /** Of the manifest. */
  readonly manifestBytes: number
  /** Names of scripts that are not written, since this package was not built. */
  readonly missing: readonly string[]
  /** Pages that bear the tag, now with this version. */
  readonly pages: readonly string[]
  /** How many files are left to HTTP, by reason. */
  readonly leftOut: ReadonlyMap<LeftOut, number>
  /** Files that compress, but whose twin's place is taken or may not be written. */
  readonly refusedTwins: readonly string[]
  /** How many files and twins were hashed; the others were known. */
  readonly hashed: number
  readonly warnings: readonly string[]
}

/** @throws ShoalError `invalid-argument`, `file-changed`, `aborted`, `site-oversize`, `site-format` */
export async function buildSite(options: BuildOptions): Promise<BuildResult> {
  const { folder, base, key, signal, selection } = options
  const cache = await HashCache.open(options.cacheFile)
  const { files, leftOut } = await selectSite(options, selection, options)
  return withStaging(folder, async staging => {
    const drafts = await draftFiles(files, { ...options, cache, staging, minBytes: selection.minBytes })
    const version = Math.max(await nextVersion(folder), cache.version(base) + 1)
    const unsigned = encodeManifest({
      ...options,
      ...naming(base, options.webSeeds),
      isHybrid: options.hybrid,
      files: drafts.files,
      origins: [...new Set(options.hosts.map(({ base }) => new URL(base).origin))],
      key: key.key,
      rotated: key.rotated,
      version,
      expires: expiryAfter(options.expiresDays),
    })
    for (const { path, bytes } of bulkTorrents(drafts, options)) await staging.add(join(folder, path), bytes)
    const deploy = await finish(unsigned, key)
    for (const length of await missingPads(folder, deploy.manifest))
      await staging.add(join(folder, padPath(length)), new Uint8Array(length))
    const pages = await taggedPages(folder, { base, version })
    await stage(staging, folder, pages, deploy.files)
    if (signal.aborted) throw new ShoalError('aborted', 'The build was stopped.', { cause: signal.reason })
    staging.commit()
    cache.setVersion(base, version)
    return {
      ...deploy,
      pages: pages.map(({ path }) => path),
      leftOut: new Map([...leftOut, ['too small', (leftOut.get('too small') ?? 0) + drafts.small]]),
      refusedTwins: drafts.refusedTwins,
      hashed: drafts.hashed,
      warnings: [
        ...staleWarnings(pages),
        // Until an unsigned one is signed, the deploy that lay there before holds.
        ...(deploy.isSigned ? await removeOldPads(folder, deploy.manifest) : []),
        ...(await saveCache(cache)),
      ],
    }
  })
}

/**
 * Signs the deploy that lies in the folder again, as it is, with a higher version: old content that was put back.
 * @throws ShoalError `invalid-argument` when it is no deploy of this key, `file-changed` when its files are not those of the manifest
 */
export async function rollBack(options: Omit<BuildOptions, 'selection' | 'twins' | 'hybrid'>): Promise<BuildResult> {
  const { folder, base, key } = options
  const bytes = await readManifestFile(folder)
  if (bytes === undefined) {
    const what = `There is no ${SITE_NAMES.manifest} in ${folder} to go back to.`
    throw new ShoalError('invalid-argument', `${what} Put the old deploy there, with its manifest, or build it anew.`)
  }
  const { manifest } = readManifest(bytes)
  if (!follows(key, manifest.key))
    throw new ShoalError('site-key', 'The deploy was signed with a key that this one has not replaced. Use its own.')
  if (manifest.base !== base)
    throw new ShoalError('site-base', `The deploy is made for ${manifest.base}, not for ${base}. Build it anew.`)
  await checkContents(options, manifest, options)
  const cache = await HashCache.open(options.cacheFile)
  const version = Math.max(await nextVersion(folder), cache.version(base) + 1)
  const head = { key: key.key, rotated: key.rotated, version, expires: expiryAfter(options.expiresDays) }
  const deploy = await finish(withHead(bytes, head), key)
  const pages = await taggedPages(folder, { base, version })
  await withStaging(folder, async staging => {
    await stage(staging, folder, pages, deploy.files)
    staging.commit()
  })
  cache.setVersion(base, version)
  return {
    ...deploy,
    pages: pages.map(({ path }) => path),
    leftOut: new Map(),
    refusedTwins: [],
    hashed: manifest.files.size,
    warnings: [...staleWarnings(pages), ...(await saveCache(cache, { isPartial: true }))],
  }
}

/** Refuses to publish what must stay secret. @throws ShoalError `invalid-argument` */
export async function checkKeyPlace(keyFile: string, { folder, hosts }: SiteFolders): Promise<void> {
  const real = (place: string): Promise<string> => realpath(place).catch(() => resolve(place))
  const key = await real(keyFile)
  for (const published of [folder, ...hosts.map(host => host.folder)]) {
    if (!isInside(key, await real(published))) continue
    const why = `The key ${keyFile} lies in ${published}, which is published.`
    throw new ShoalError('invalid-argument', `${why} Move it out, and make a new one if it was ever served.`)
  }
}

/** Signed, with pointer and scripts; or unsigned, in a place where it changes nothing. */
async function finish(
  unsigned: Uint8Array,
  { sign }: SiteKey,
): Promise<Deploy & Pick<BuildResult, 'manifestBytes' | 'isSigned'>> {
  if (sign === undefined) {
    const { manifest } = readManifest(unsigned)
    const files = [{ path: SITE_NAMES.unsigned, bytes: unsigned }]
    return { manifest, manifestBytes: unsigned.length, files, missing: [], isSigned: false }
  }
  const deploy = await signDeploy(unsigned, sign)
  const { bytes } = deploy.files.find(({ path }) => path === SITE_NAMES.manifest)!
  return { ...deploy, manifestBytes: bytes.length, isSigned: true }
}

/** Pages before the deploy that they name: until the pointer comes they have the plain site. */
async function stage(
  staging: Staging,
  folder: string,
  pages: readonly TaggedPage[],
  files: readonly DeployFile[],
): Promise<void> {
  for (const { place, bytes } of pages) if (bytes !== undefined) await staging.add(place, bytes)
  for (const { path, bytes } of files) await staging.add(join(folder, path), bytes)
}

function staleWarnings(pages: readonly TaggedPage[]): string[] {
  return pages
    .flatMap(({ stale }) => stale)
    .map(path => `${path} is of the page before this version was set in it: compress pages after the build.`)
}

function bulkTorrents({ files }: Drafts, { base, key, trackers }: BuildOptions): DeployFile[] {
  return files
    .filter(({ content }) => content.length > BULK_BYTES_ABOVE)
    .map(file => {
      const url = siteUrl(base, file.encoding === 'gzip' ? `${file.path}.gz` : file.path)
      const { bytes, infoHash } = encodeBulkTorrent({ ...key, trackers }, file, url)
      return { path: bulkTorrentPath(infoHash), bytes }
    })
}

async function withStaging<T>(folder: string, work: (staging: Staging) => Promise<T>): Promise<T> {
  const staging = await Staging.open(resolve(folder))
  try {
    return await work(staging)
  } finally {
    await staging.close()
  }
}

/** @returns what to tell when it cannot be written: the deploy is made, and the next one takes longer */
async function saveCache(cache: HashCache, options: { readonly isPartial?: boolean } = {}): Promise<string[]> {
  const saved = cache.saved(options)
  if (saved === undefined) return []
  try {
    await replaceFile(saved.place, saved.bytes)
    return []
  } catch (error) {
    return [`The cache ${saved.place} could not be written (${messageOf(error)}): the next build hashes everything.`]
  }
}
