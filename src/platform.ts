/** What differs between a browser and Node: how sockets, stores and checks on addresses come about. */
import type { WebSocketLike } from './net/tracker-types.ts'
import type { Store } from './ports.ts'
import { indexedDBStore } from './store/indexeddb.ts'
import { memoryStore } from './store/memory.ts'

export interface Platform {
  readonly WebSocket: new (url: string) => WebSocketLike
  /** Where pieces rest when the user names no store. */
  defaultStore(): Store
  /** Refuses URLs that a torrent must not make us fetch, redirects included. @throws ShoalError `blocked-address` */
  fetch(url: string, init: RequestInit): Promise<Response>
}

/** IndexedDB where the page has it. The browser itself keeps pages from reading other origins. */
export function browserPlatform(): Platform {
  return {
    WebSocket: globalThis.WebSocket,
    defaultStore: () => (typeof indexedDB === 'undefined' ? memoryStore() : indexedDBStore()),
    // A browser's fetch must be called on its window.
    fetch: (url, init) => globalThis.fetch(url, init),
  }
}
