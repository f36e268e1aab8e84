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
}
