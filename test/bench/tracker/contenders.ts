/**
 * The servers that are measured, each in a process of its own: `node contenders.ts NAME`. Limits on rates are lifted, for one address plays
 * thousands of peers. Prints its port.
 */
import type { AddressInfo } from 'node:net'
import { Server } from 'bittorrent-tracker'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'

export const CONTENDERS = ['shoal', 'bare', 'bittorrent-tracker'] as const
export type Contender = (typeof CONTENDERS)[number]

const MANY = 1e9

async function shoal(): Promise<number> {
  const { CLUSTER_DEFAULTS, RedisTransport, startTracker } = await import('../../../tracker/index.ts')
  const limits = {
    ...{
      connectionsMax: MANY,
      connectionsPerAddressMax: MANY,
      connectionsPerNetworkMax: MANY,
      offersPerIntervalMax: MANY,
    },
    ...{ messagesPerSecond: MANY, messagesBurst: MANY, announcesPerSecond: MANY, announcesBurst: MANY },
    ...{ relaysPerSecond: MANY, relaysBurst: MANY, messagesPerSecondPerAddress: MANY, messagesBurstPerAddress: MANY },
  }
  const onError = (error: unknown) => console.error(error)
  // One of several nodes, where there is a Redis.
  const url = process.env.SHOAL_BENCH_REDIS
  const transport = url === undefined ? {} : { transport: new RedisTransport({ url, ...CLUSTER_DEFAULTS }) }
  return (await startTracker({ port: 0, host: '127.0.0.1', limits, onError, ...transport })).port
}

/**
 * What any tracker in Node must do at the least: parse a message, find a socket, write the message anew. It knows who is where, and nothing
 * else: no limits, no checks, nobody leaves a swarm.
 */
async function bare(): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, clientTracking: false })
  const swarms = new Map<string, WebSocket[]>()
  const sockets = new Map<string, WebSocket>()
  const joined = new Set<string>()
  server.on('connection', socket => {
    socket.on('error', () => {})
    socket.on('message', (data: RawData) => {
      const { info_hash, peer_id, to_peer_id, offers, answer, offer_id } = JSON.parse(data.toString())
      if (answer) {
        sockets.get(to_peer_id)?.send(JSON.stringify({ action: 'announce', answer, offer_id, peer_id, info_hash }))
        return
      }
      const swarm = swarms.get(info_hash) ?? []
      swarms.set(info_hash, swarm)
      if (!joined.has(info_hash + peer_id)) swarm.push(socket)
      joined.add(info_hash + peer_id)
      sockets.set(peer_id, socket)
      socket.send(
        JSON.stringify({ action: 'announce', interval: 120, info_hash, complete: 0, incomplete: swarm.length }),
      )
      const first = Math.floor(Math.random() * swarm.length)
      let place = 0
      for (const { offer, offer_id } of offers ?? []) {
        let other = swarm[(first + place++) % swarm.length]!
        if (other === socket) other = swarm[(first + place++) % swarm.length]!
        if (place > swarm.length) break
        other.send(JSON.stringify({ action: 'announce', offer, offer_id, peer_id, info_hash }))
      }
    })
  })
  await new Promise(resolve => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}

async function bittorrentTracker(): Promise<number> {
  const server = new Server({ http: false, udp: false, ws: true, stats: false })
  server.on('error', () => {})
  server.on('warning', () => {})
  server.listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  return (server.ws.address() as AddressInfo).port
}

// Ends by itself, so that a profile is written.
process.on('SIGINT', () => process.exit())
// So that what is measured over a long time is what is held, not what waits to be collected.
process.on('SIGUSR2', () => globalThis.gc?.())

const START = { shoal, bare, 'bittorrent-tracker': bittorrentTracker }
const name = process.argv[2]
if (name !== undefined && Object.hasOwn(START, name)) {
  console.log(`port ${await START[name as Contender]()}`)
}
