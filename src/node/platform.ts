/** What Node has in place of a browser. */
import { WebSocket } from 'ws'
import type { Platform } from '../platform.ts'
import { memoryStore } from '../store/memory.ts'

/**
 * @param fetch how web seeds and .torrents are fetched
 * @param Socket what trackers are talked to through
 */
export function nodePlatform(fetch: Platform['fetch'], Socket: Platform['WebSocket'] = WebSocket): Platform {
  return { WebSocket: Socket, defaultStore: () => memoryStore(), fetch }
}
