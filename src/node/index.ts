/** What users import in Node: the same library, and what only Node can do. */
import { WebSocket } from 'ws'
import { Shoal as BrowserShoal, type ShoalOptions } from '../client.ts'
import type { Platform } from '../platform.ts'
import { memoryStore } from '../store/memory.ts'
import { publicFetch } from './public-urls.ts'

export interface NodeShoalOptions extends ShoalOptions {
  /** Let torrents name web seeds on private and loopback addresses. @default false */
  readonly allowPrivateAddresses?: boolean
}

/** The client, with WebRTC by node-datachannel and pieces in memory unless a store is named. */
export class Shoal extends BrowserShoal {
  constructor(options: NodeShoalOptions = {}) {
    super(options, nodePlatform(options.allowPrivateAddresses === true))
  }
}

function nodePlatform(allowsPrivateAddresses: boolean): Platform {
  return {
    WebSocket,
    defaultStore: () => memoryStore(),
    fetch: allowsPrivateAddresses ? fetch : publicFetch,
  }
}

export * from '../index.ts'
export { type DiskFile, filesFromDisk } from './disk-files.ts'
export { fileStore, type FileStoreOptions } from './file-store.ts'
