/** What users import in Node: the same library, and what only Node can do. */
import { WebSocket } from 'ws'
import { type AddOptions, type SeedOptions, Shoal as BrowserShoal, type ShoalOptions } from '../client.ts'
import type { CreateFile } from '../create.ts'
import type { Torrent } from '../index.ts'
import type { Platform } from '../platform.ts'
import { memoryStore } from '../store/memory.ts'
import { publicWebSocket } from './public-sockets.ts'
import { publicFetch } from './guarded-fetch.ts'

export interface NodeShoalOptions extends ShoalOptions {
  /**
   * Let torrents name web seeds and trackers on private and loopback addresses. Trackers in `trackers`, here and in `seed()` and `add()`,
   * may be anywhere.
   * @default false
   */
  readonly allowPrivateAddresses?: boolean
}

/** The client, with WebRTC by node-datachannel and pieces in memory unless a store is named. */
export class Shoal extends BrowserShoal {
  /** Trackers that the user named, as the URL parser writes them. */
  readonly #chosen: Set<string>

  constructor(options: NodeShoalOptions = {}) {
    const chosen = new Set<string>()
    super(options, nodePlatform(options.allowPrivateAddresses === true, chosen))
    this.#chosen = chosen
    this.#choose(options.trackers)
  }

  override seed(files: ArrayLike<File> | Iterable<File | CreateFile>, options: SeedOptions = {}): Torrent {
    // What can be iterated may be so only once.
    const trackers = Array.from(options.trackers ?? [], tier => (typeof tier === 'string' ? tier : [...tier]))
    this.#choose(trackers.flat())
    return super.seed(files, { ...options, trackers })
  }

  override add(source: string | URL | Uint8Array, options: AddOptions = {}): Torrent {
    this.#choose(options.trackers)
    return super.add(source, options)
  }

  #choose(trackers: readonly string[] = []): void {
    for (const url of trackers) if (URL.canParse(url)) this.#chosen.add(new URL(url).href)
  }
}

function nodePlatform(allowsPrivateAddresses: boolean, chosen: ReadonlySet<string>): Platform {
  return {
    WebSocket: allowsPrivateAddresses ? WebSocket : publicWebSocket(url => chosen.has(new URL(url).href)),
    defaultStore: () => memoryStore(),
    fetch: allowsPrivateAddresses ? fetch : publicFetch,
  }
}

export * from '../index.ts'
export { type DiskFile, filesFromDisk } from './disk-files.ts'
export { fileStore, type FileStoreOptions } from './file-store.ts'
