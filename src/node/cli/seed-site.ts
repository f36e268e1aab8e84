/** `shoal seed --site`: a peer that always has a whole site, from its folder or from its server. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Shoal } from '../../client.ts'
import { originFetch } from '../../site/origin-urls.ts'
import { isBase } from '../../site/paths.ts'
import { nodePlatform } from '../platform.ts'
import { DeployTrust } from '../site/deploy-trust.ts'
import { FolderSource } from '../site/folder-source.ts'
import { keyText } from '../site/key-file.ts'
import { OriginSource } from '../site/origin-source.ts'
import { SiteSeeder } from '../site/seeder.ts'
import { recallAccepted } from '../site/site-memory.ts'
import type { Deploy, SiteSource } from '../site/site-source.ts'
import { iceServers } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { UsageError } from './failure.ts'
import { formatBytes, formatCount, formatRate } from './format.ts'
import { hashingProgress } from './hashing-progress.ts'
import { readSiteKey } from './site-key.ts'
import type { Status } from './terminal.ts'

export interface SeedSiteOptions {
  /** Address or folder. */
  readonly site: string
  /** File, or hexadecimal digits. */
  readonly key?: string
  /** Bytes per second. */
  readonly rate?: number
  readonly tracker?: readonly string[]
  readonly iceServer?: readonly string[]
  /** Folder that a site from an address is kept in. */
  readonly store?: string
  /** Seconds. */
  readonly poll?: number
}

/** As often as visitors look. */
const ORIGIN_POLL_SECONDS = 15 * 60
/** Two calls of stat. */
const FOLDER_POLL_SECONDS = 2
const STATUS_INTERVAL_MS = 250

export async function seedSite(context: CommandContext, options: SeedSiteOptions): Promise<void> {
  const { terminal, signal } = context
  const told = new Set<string>()
  const onWarning = (sentence: string): void => {
    if (told.has(sentence)) return
    told.add(sentence)
    terminal.note(`shoal: ${sentence}`)
  }
  const key = options.key === undefined ? undefined : await readSiteKey(options.key)
  const base = /^https?:/i.test(options.site) ? baseOf(options.site) : undefined
  const source =
    base === undefined
      ? await folderSource(context, options, { key, onWarning })
      : await originSource(context, options, { key, base, onWarning })
  const fetchPiece = base === undefined ? fetch : originFetch(base, fetch)
  const { tracker: trackers = [], rate, iceServer } = options
  const servers = iceServer && { iceServers: iceServers(iceServer) }
  const cap = rate !== undefined && { uploadBytesPerSecond: rate }
  const shoal = new Shoal({ trackers, ...servers, ...cap }, nodePlatform(fetchPiece))
  const seeder = new SiteSeeder({ shoal, source, onWarning, onDeploy: tellDeploy })
  const timer = setInterval(() => {
    const status = statusOf(seeder)
    if (status !== undefined) terminal.status(status)
  }, STATUS_INTERVAL_MS)
  const onAbort = (): void => clearInterval(timer)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await seeder.start()
    await seeder.follow()
  } finally {
    clearInterval(timer)
    signal.removeEventListener('abort', onAbort)
    terminal.clear()
    await shoal.close()
    await source.close()
  }

  function tellDeploy(deploy: Deploy): void {
    // A later deploy may fail in the same way as an earlier one.
    told.clear()
    terminal.clear()
    if (deploy.kind === 'killed') {
      terminal.note(
        `shoal: The site's owner has stopped it with version ${deploy.version}: nothing is served until the next one.`,
      )
      return
    }
    const { manifest } = deploy
    if (key === undefined)
      onWarning(`Without --key the first key that was seen is trusted. Compare it with that of the site's pages.`)
    const bytes = [...manifest.files.values()].reduce((sum, { contentLength }) => sum + contentLength, 0)
    terminal.note(
      `${formatCount(manifest.files.size, 'file')} of ${manifest.base}, ${formatBytes(bytes)} as they travel.`,
    )
    // Programs read these, as people do.
    terminal.print(`version ${manifest.version}`)
    terminal.print(`key ${keyText(manifest.key)}`)
  }
}

interface Ground {
  readonly key: Uint8Array | undefined
  readonly onWarning: (sentence: string) => void
}

async function folderSource(
  { terminal, signal }: CommandContext,
  { site, store, poll = FOLDER_POLL_SECONDS }: SeedSiteOptions,
  { key, onWarning }: Ground,
): Promise<SiteSource> {
  if (store !== undefined) throw new UsageError('A folder is seeded from where it lies: leave --store out.')
  const found = await stat(site).catch(() => undefined)
  if (!found?.isDirectory())
    throw new UsageError(`${site} is neither a folder nor an address. Name the site as dist or https://example.org/.`)
  const trust = new DeployTrust({ key, base: undefined })
  const onProgress = hashingProgress(terminal)
  return new FolderSource({ folder: site, trust, pollMs: Math.max(1, poll) * 1000, signal, onProgress, onWarning })
}

async function originSource(
  { signal }: CommandContext,
  { store, poll = ORIGIN_POLL_SECONDS }: SeedSiteOptions,
  { key, base, onWarning }: Ground & { readonly base: string },
): Promise<SiteSource> {
  const folder = store ?? folderOf(base)
  const trust = new DeployTrust({ key, base, accepted: await recallAccepted(folder, base) })
  return new OriginSource({ base, folder, trust, pollMs: Math.max(1, poll) * 1000, signal, onWarning })
}

function baseOf(site: string): string {
  const address = URL.canParse(site) ? new URL(site).href : ''
  const base = address.endsWith('/') ? address : `${address}/`
  if (isBase(base)) return base
  throw new UsageError(`${site} is no address of a site. Give it as https://example.org/ or https://example.org/app/.`)
}

/** `https://example.org/app/` → `shoal-example.org-app`. */
function folderOf(base: string): string {
  const { host, pathname } = new URL(base)
  return join('.', `shoal-${host}${pathname}`.replace(/[^\w.-]+/g, '-').replace(/-$/, ''))
}

function statusOf({ figures }: SiteSeeder): Status | undefined {
  const { phase, swarms, peers, lengthBytes, presentBytes, uploadedBytes, uploadBytesPerSecond } = figures
  switch (phase) {
    case 'preparing':
      // The hashing of files is shown.
      return undefined
    case 'idle':
      return { phase, text: 'waiting for a deploy' }
    case 'checking':
      return {
        phase,
        text: 'checking what is already there',
        share: lengthBytes === 0 ? 0 : presentBytes / lengthBytes,
      }
    case 'downloading':
      return {
        phase,
        text: words(
          `${formatBytes(presentBytes)} of ${formatBytes(lengthBytes)}`,
          formatRate(figures.downloadBytesPerSecond),
          formatCount(peers, 'peer'),
        ),
        share: presentBytes / lengthBytes,
      }
    case 'seeding':
      return {
        phase: `${phase} ${peers}`,
        text: words(
          `seeding ${formatCount(swarms, 'swarm')}`,
          formatCount(peers, 'peer'),
          uploadBytesPerSecond > 0 ? `${formatRate(uploadBytesPerSecond)} up` : '',
          uploadedBytes > 0 ? `${formatBytes(uploadedBytes)} sent` : '',
        ),
      }
  }
}

function words(...parts: readonly string[]): string {
  return parts.filter(part => part !== '').join(' · ')
}
