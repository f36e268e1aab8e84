/** The part of bittorrent-tracker that tests use; the package has no types. */
declare module 'bittorrent-tracker' {
  import type { EventEmitter } from 'node:events'
  import type { Server as HttpServer } from 'node:http'

  export class Server extends EventEmitter {
    constructor(options: { http: boolean; udp: boolean; ws: boolean; stats?: boolean; interval?: number })
    /** The HTTP server that carries the WebSockets. */
    readonly ws: HttpServer & { address(): import('node:net').AddressInfo }
    readonly destroyed: boolean
    listen(port: number, host?: string): void
    close(done?: () => void): void
  }

  /** What a client found: a connection to a peer, still on its way. */
  export interface FoundPeer extends EventEmitter {
    send(data: string): void
    destroy(): void
  }

  export class Client extends EventEmitter {
    constructor(options: {
      infoHash: Uint8Array
      peerId: Uint8Array
      announce: readonly string[]
      /** For trackers over UDP; it wants one always. */
      port: number
      rtcConfig?: object
      getAnnounceOpts?: () => { uploaded: number; downloaded: number; left: number | null; numwant?: number }
    })
    start(): void
    complete(): void
    stop(): void
    update(): void
    scrape(): void
    destroy(done?: () => void): void
  }
}
