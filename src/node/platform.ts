/** What Node has in place of a browser. */
import { WebSocket } from 'ws'
import type { Platform } from '../platform.ts'
import { memoryStore } from '../store/memory.ts'

/** @param fetch how web seeds and .torrents are fetched */
export function nodePlatform(fetch: Platform['fetch']): Platform {
  return { WebSocket, defaultStore: () => memoryStore(), fetch }
}
