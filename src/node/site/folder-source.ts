/** The folder that is served, as the source of a seeder: the files themselves are what peers get. */
import { join } from 'node:path'
import { ShoalError } from '../../errors.ts'
import { equalBytes } from '../../metainfo/bytes.ts'
import { SITE_NAMES } from '../../site/limits.ts'
import type { Manifest } from '../../site/manifest.ts'
import { type SiteFile, torrentPath } from '../../site/manifest-fields.ts'
import type { HashedContent } from '../../site/manifest-encode.ts'
import { readPointer } from '../../site/pointer.ts'
import { type SiteSwarm, swarmsOf, withLayer } from '../../site/swarms.ts'
import { blobPieces, type OwnFile } from '../../store/blobs.ts'
import type { DiskBlob } from '../disk-blob.ts'
import { filesFromDisk } from '../disk-files.ts'
import { readManifestFile, readPointerFile } from './deploy.ts'
import type { DeployTrust } from './deploy-trust.ts'
import { HashCache } from './hash-cache.ts'
import { hashContent } from './hash-content.ts'
import { hostPrefix, placeOf, type SiteFolders } from './hosts.ts'
import { type Deploy, pause, retryMs, type SiteSource, storeOf, type Supply, swarmKey } from './site-source.ts'
import { stateOf } from './twins.ts'

export interface FolderSourceOptions extends SiteFolders {
  readonly trust: DeployTrust
  /** How often it is seen whether the deploy was replaced. */
  readonly pollMs: number
  readonly signal: AbortSignal
  readonly onProgress: (doneBytes: number, totalBytes: number) => void
  /** Told of files that are not, or no longer, what the manifest lists. */
  readonly onWarning: (sentence: string) => void
}

/** While nothing changes the deploy is looked at so often, for it may have expired. */
const UNCHANGED_MS = 15 * 60_000

export class FolderSource implements SiteSource {
  readonly #options: FolderSourceOptions
  /** Nothing is hashed twice while it stays as it is. */
  readonly #hashes = HashCache.open(undefined)
  #seen = ''
  /** Looks in a row after which something was missing: a deploy may be on its way still, in whatever order its files come. */
  #failures = 0
  /** The deploy that was looked at last. */
  #deploy: Deploy | undefined

  constructor(options: FolderSourceOptions) {
    this.#options = options
  }

  /** What the folder has counts; of what is heard only that its owner has stopped the site. */
  async look(heard?: Uint8Array): Promise<Deploy | undefined> {
    const { folder, trust } = this.#options
    if (heard !== undefined && readPointer(heard).pointer.isKilled) return trust.check(heard, noManifest)
    this.#seen = await this.#state()
    const wasWhole = this.#failures === 0
    // Taken back once all that is listed is found.
    this.#failures++
    const pointer = await readPointerFile(folder)
    if (pointer === undefined) throw missing(folder, SITE_NAMES.pointer)
    const news = await trust.check(pointer, async () => {
      const manifest = await readManifestFile(folder)
      if (manifest === undefined) throw missing(folder, SITE_NAMES.manifest)
      return manifest
    })
    this.#deploy = news ?? this.#deploy
    if (this.#deploy?.kind === 'killed' || (news === undefined && wasWhole)) this.#failures = 0
    return wasWhole ? news : this.#deploy
  }

  async changed(wake: AbortSignal): Promise<void> {
    const { pollMs, signal } = this.#options
    const lookAt = performance.now() + Math.min(UNCHANGED_MS, retryMs(this.#failures))
    do await pause(pollMs, signal, wake)
    while (!wake.aborted && (await this.#state()) === this.#seen && performance.now() < lookAt)
  }

  /**
   * Hashes what is new on disk. Files that differ from what is listed are told of and left out.
   * @throws ShoalError `invalid-argument` when no folder is known for another host's files
   */
  async supply(manifest: Manifest): Promise<Supply[]> {
    const swarms = swarmsOf(manifest)
    const blobs = await this.#blobs(manifest)
    const totalBytes = swarms.flatMap(({ files }) => files).reduce((sum, file) => sum + file.contentLength, 0)
    let doneBytes = 0
    const onBytes = (bytes: number): void => {
      doneBytes += bytes
      this.#options.onProgress(doneBytes, totalBytes)
    }
    const supplies: Supply[] = []
    let isWhole = true
    for (const swarm of swarms) {
      const own: Own[] = []
      for (const file of swarm.files)
        own.push(await this.#verified(file, blobs.get(torrentPath(file.path, file.encoding)), onBytes))
      isWhole &&= !own.includes(undefined)
      supplies.push(this.#supplyOf(swarm, own))
    }
    if (isWhole) this.#failures = 0
    return supplies
  }

  async settle(): Promise<void> {}

  async close(): Promise<void> {}

  #supplyOf(swarm: SiteSwarm, own: readonly Own[]): Supply {
    const { onWarning } = this.#options
    const { files } = swarm.metainfo.layout
    const present = own.flatMap((file, i): OwnFile[] => (file ? [{ path: files[i]!.path, data: file.data }] : []))
    const onError = ({ message }: ShoalError): void => onWarning(message)
    const layer = swarm.kind === 'bulk' ? own[0]?.content.layer : undefined
    return {
      key: [swarmKey(swarm), ...own.map(file => file?.state ?? '')].join(' '),
      swarm: layer === undefined ? swarm : withLayer(swarm, layer),
      store: storeOf(async ({ layout }) => blobPieces(layout, present, { onError })),
      isFetched: false,
    }
  }

  async #verified(file: SiteFile, data: DiskBlob | undefined, onBytes: (bytes: number) => void): Promise<Own> {
    const { signal, onWarning } = this.#options
    const path = torrentPath(file.path, file.encoding)
    const state = await stateOf(placeOf(path, this.#options))
    if (data === undefined || state?.size !== file.contentLength || data.size !== state.size) {
      onWarning(`${path} is not there as it is listed: peers do not get it from here.`)
      return undefined
    }
    const hashes = await this.#hashes
    const known = hashes.content(state)
    const content = known ?? (await hashContent(data, { signal, onBytes }).catch(unlessChanged))
    if (known !== undefined) onBytes(state.size)
    if (content !== undefined) hashes.setContent(state, content)
    if (content !== undefined && equalBytes(content.piecesRoot, file.piecesRoot))
      return { data, content, state: String(state.mtimeNs) }
    onWarning(`${path} has other content than is listed: peers do not get it from here.`)
    return undefined
  }

  /** What lies in the folders, by the paths that manifests have. */
  async #blobs({ files }: Manifest): Promise<Map<string, DiskBlob>> {
    const { folder, hosts } = this.#options
    // Before anything is read: where a host is missing nothing of it can be served.
    for (const path of files.keys()) placeOf(path, this.#options)
    const blobs = new Map<string, DiskBlob>()
    for (const [prefix, place] of [['', folder], ...hosts.map(host => [hostPrefix(host), host.folder])] as const)
      for (const { path, data } of await filesFromDisk([place!]))
        blobs.set(`${prefix}${path.slice(path.indexOf('/') + 1)}`, data)
    return blobs
  }

  /** Sizes and times of pointer and manifest. */
  async #state(): Promise<string> {
    const names = [SITE_NAMES.pointer, SITE_NAMES.manifest]
    const states = await Promise.all(names.map(name => stateOf(join(this.#options.folder, name))))
    return states.map(state => `${state?.size}/${state?.mtimeNs}`).join(' ')
  }
}

/** A file that is what the manifest lists; undefined: it is not. */
type Own = { readonly data: DiskBlob; readonly content: HashedContent; readonly state: string } | undefined

/** A kill needs none. */
async function noManifest(): Promise<never> {
  throw new Error('a kill names a manifest')
}

/** A file that is written to at this moment. */
function unlessChanged(error: unknown): undefined {
  if (!(error instanceof ShoalError) || error.code !== 'file-changed') throw error
}

function missing(folder: string, name: string): ShoalError {
  const what = `There is no ${name} in ${folder}.`
  return new ShoalError('invalid-argument', `${what} Run shoal build first, or name the address of the site.`)
}
