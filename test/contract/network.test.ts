/** The contract of networks: WebRTC in Node, on our tracker and on bittorrent-tracker's. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Server } from 'bittorrent-tracker'
import { WebSocket } from 'ws'
import { createNetwork } from '../../src/net/network.ts'
import { startTracker } from '../../tracker/index.ts'
import { networkContract } from './network.ts'

/** Quick enough for tests, in the proportions of life. */
const trackerTiming = { reconnectMinMs: 50, reconnectMaxMs: 500, intervalMinMs: 100, askAgainMs: 100 }
const network = (peerId: string) => createNetwork({ peerId, WebSocket, trackerTiming })

networkContract('our tracker', {
  network,
  async trackers(count) {
    const running = await Promise.all(Array.from({ length: count }, () => startTracker({ port: 0, host: 'localhost' })))
    return {
      urls: running.map(({ url }) => url),
      stop: async () => {
        await Promise.all(running.map(tracker => tracker.close()))
      },
    }
  },
})

networkContract("bittorrent-tracker's server", {
  network,
  async trackers(count) {
    const servers = await Promise.all(Array.from({ length: count }, startForeignTracker))
    return {
      urls: servers.map(({ url }) => url),
      stop: async () => {
        await Promise.all(servers.map(({ stop }) => stop()))
      },
    }
  },
})

async function startForeignTracker(): Promise<{ url: string; stop(): Promise<void> }> {
  const server = new Server({ http: false, udp: false, ws: true, stats: false, interval: 1000 })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const stop = () => new Promise<void>(resolve => server.close(() => resolve()))
  return { url: `ws://localhost:${(server.ws.address() as AddressInfo).port}`, stop }
}
