/** `shoal seed --site`: a peer that always has a whole site, from its folder or from its server. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { Shoal } from '../../client.ts'
import type { Platform } from '../../platform.ts'
import { originFetch } from '../../site/origin-urls.ts'
import { proofSockets } from '../../site/page/seeder-proof.ts'
import { siteSockets } from '../../site/page/tracker-socket.ts'
import { memoryStore } from '../../store/memory.ts'
import { publicWebSocket } from '../public-sockets.ts'
import { isPublicUrl, publicFetch } from '../guarded-fetch.ts'
import { readConfig } from '../site/config.ts'
import { DeployTrust } from '../site/deploy-trust.ts'
import { FolderSource } from '../site/folder-source.ts'
import type { AssetHost } from '../site/hosts.ts'
import { keyText } from '../site/key-file.ts'
import { OriginSource } from '../site/origin-source.ts'
import { SiteSeeder } from '../site/seeder.ts'
import { baseOf, settingsOf } from '../site/settings.ts'
import { recallAccepted } from '../site/site-memory.ts'
import type { Deploy, SiteSource } from '../site/site-source.ts'
import { iceServers } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { UsageError } from './failure.ts'
import { formatBytes, formatCount, formatRate } from './format.ts'
import { hashingProgress } from './hashing-progress.ts'
import { readSeederKey, readSiteKey } from './site-key.ts'
import type { Status, Terminal } from './terminal.ts'

export interface SeedSiteOptions {
  /** Address or folder. */
  readonly site: string
  /** File that names the folders of other hosts; undefined: `shoal.config.json`, if it is there. */
  readonly config?: string
  /** File, or hexadecimal digits. */
  readonly key?: string
  /** File of the key that the site's policy names as trusted. */
  readonly seederKey?: string
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
const STATUS_INTERVAL_MS = 500
/** Of all swarms together: no browser's bound holds here, and every bulk file is a swarm. */
const CONNECTIONS_MAX = 200

export async function seedSite(context: CommandContext, options: SeedSiteOptions): Promise<void> {
  const { terminal, signal } = context
  const notes = new Notes(terminal)
  const key = options.key === undefined ? undefined : await readSiteKey(options.key)
  const place = await placeOf(options)
  const { base, folder } = place
  const accepted = base === undefined ? undefined : await recallAccepted(folder, base)
  const trust = new DeployTrust({ key, base, accepted })
  const { fetch, WebSocket } = await networkOf(base, options.tracker)
  const source = sourceOf(place, { context, trust, fetch, onWarning: sentence => notes.warn(sentence) })
  const sign = options.seederKey === undefined ? undefined : await readSeederKey(options.seederKey)
  const sockets = siteSockets(proofSockets(WebSocket, { sign }), {
    // A seeder hides nothing of its own.
    candidates: () => ({ lan: true, relayOnly: false }),
    pointer: () => trust.pointer,
    onPointer: pointer => void seeder.hear(pointer),
    totals: () => undefined,
  })
  const shoal = clientOf(options, {
    WebSocket: sockets.WebSocket,
    fetch: base === undefined ? fetch : originFetch(base, fetch),
    defaultStore: () => memoryStore(),
  })
  const seeder = new SiteSeeder({
    shoal,
    source,
    trust,
    onWarning: sentence => notes.warn(sentence),
    onDeploy(deploy) {
      sockets.tellPointer()
      notes.tell(deploy, key !== undefined)
    },
  })
  const timer = setInterval(() => {
    const status = statusOf(seeder)
    if (status !== undefined && !signal.aborted) terminal.status(status)
  }, STATUS_INTERVAL_MS)
  try {
    await seeder.start()
    await seeder.follow()
  } finally {
    clearInterval(timer)
    terminal.clear()
    await shoal.close()
    await source.close()
  }
}

/** What is said about deploys, and each warning once for each. */
class Notes {
  readonly #terminal: Terminal
  readonly #told = new Set<string>()

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  warn(sentence: string): void {
    if (this.#told.has(sentence)) return
    this.#told.add(sentence)
    this.#terminal.note(`shoal: ${sentence}`)
  }

  tell(deploy: Deploy, hasKey: boolean): void {
    this.#told.clear()
    if (deploy.kind === 'killed')
      return this.warn(
        `The site's owner has stopped it (version ${deploy.version}): nothing is served until the next deploy.`,
      )
    const { key, files, base, version } = deploy.manifest
    if (!hasKey)
      this.warn("Without --key the first key that was seen is trusted. Compare it with that of the site's pages.")
    const bytes = [...files.values()].reduce((sum, { contentLength }) => sum + contentLength, 0)
    this.#terminal.note(`${formatCount(files.size, 'file')} of ${base}, ${formatBytes(bytes)} as they travel.`)
    // Programs read these, as people do.
    this.#terminal.print(`version ${version}`)
    this.#terminal.print(`key ${keyText(key)}`)
  }
}

/** Where the site is, and where it is kept: the same folder when it is seeded from where it lies. */
interface Place {
  readonly base: string | undefined
  readonly folder: string
  /** Whose files lie in other folders. */
  readonly hosts: readonly AssetHost[]
  readonly pollMs: number
}

async function placeOf({ site, config, store, poll }: SeedSiteOptions): Promise<Place> {
  const isAddress = /^https?:/i.test(site)
  const pollMs = 1000 * Math.max(1, poll ?? (isAddress ? ORIGIN_POLL_SECONDS : FOLDER_POLL_SECONDS))
  if (isAddress) {
    if (config !== undefined) throw new UsageError('A site is fetched from an address without --config: leave it out.')
    const base = baseOf(site)
    return { base, folder: store ?? folderOf(base), hosts: [], pollMs }
  }
  if (store !== undefined) throw new UsageError('A folder is seeded from where it lies: leave --store out.')
  const found = await stat(site).catch(() => undefined)
  if (found?.isDirectory()) {
    const { hosts } = settingsOf(await readConfig(config, process.cwd()), process.cwd())
    return { base: undefined, folder: site, hosts, pollMs }
  }
  throw new UsageError(`${site} is neither a folder nor an address. Name the site as dist or https://example.org/.`)
}

function sourceOf(
  { base, folder, hosts, pollMs }: Place,
  {
    context: { terminal, signal },
    ...common
  }: {
    readonly context: CommandContext
    readonly trust: DeployTrust
    readonly fetch: Platform['fetch']
    readonly onWarning: (sentence: string) => void
  },
): SiteSource {
  if (base !== undefined) return new OriginSource({ base, folder, pollMs, signal, ...common })
  return new FolderSource({ folder, hosts, pollMs, signal, onProgress: hashingProgress(terminal), ...common })
}

/** Who seeds a site of the local network means it; any other leads to public addresses only, but for trackers that are named here. */
async function networkOf(
  base: string | undefined,
  trackers: readonly string[] = [],
): Promise<Pick<Platform, 'fetch' | 'WebSocket'>> {
  if (base === undefined || !(await isPublicUrl(base))) return { fetch, WebSocket }
  const chosen = new Set(trackers.map(url => new URL(url).href))
  return { fetch: publicFetch, WebSocket: publicWebSocket(url => chosen.has(new URL(url).href)) }
}

function clientOf({ tracker: trackers = [], rate, iceServer }: SeedSiteOptions, platform: Platform): Shoal {
  const servers = iceServer && { iceServers: iceServers(iceServer) }
  return new Shoal(
    {
      trackers,
      connectionsMax: CONNECTIONS_MAX,
      ...servers,
      ...(rate !== undefined && { uploadBytesPerSecond: rate }),
    },
    platform,
  )
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
