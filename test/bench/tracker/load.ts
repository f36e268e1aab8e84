/**
 * The load generator, a process of its own: `node load.ts '{"port":…}'`. So many announces are under way at a time; one is done when its reply and
 * the answers to all of its offers have come back. Prints its figures as JSON.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { RawSocket } from './raw-socket.ts'
import { announceFrame, answerFrame, infoHash, nextOfferId, peerId, read } from './traffic.ts'

export interface Load {
  readonly port: number
  /** Of several nodes that are one tracker: sockets take them in turn, so that most swarms have members on all. */
  readonly ports?: readonly number[]
  readonly sockets: number
  readonly swarmSize: number
  /** Torrents of each socket; the swarms are then shared by `swarmSize` neighbours. */
  readonly torrents: number
  readonly offers: number
  /** Announces under way at a time; 0: only connect, announce once and stay until told to end. */
  readonly window: number
  readonly warmUpSeconds: number
  readonly seconds: number
  /** Part of the sockets that is replaced every second. */
  readonly churn: number
  /** Part of the sockets that never reads. */
  readonly deaf: number
}

export interface Figures {
  readonly announcesPerSecond: number
  readonly relaysPerSecond: number
  /** From an offer sent to its receipt, ms. */
  readonly relayMsP50: number
  readonly relayMsP99: number
  readonly announceMsP99: number
  /** Announces given up after `LOST_MS`, of all. */
  readonly lost: number
  /** Of one core. */
  readonly loadCpu: number
  readonly connectsPerSecond: number
}

const LOST_MS = 2_000
/** Sockets that are connecting at a time. */
const CONNECTING_MAX = 200

interface UnderWay {
  readonly at: number
  missing: number
}

interface Client {
  readonly number: number
  readonly socket: RawSocket
  readonly isDeaf: boolean
  isOpen: boolean
  /** Announces whose replies are to come, in order. */
  readonly replies: UnderWay[]
}

const load: Load = JSON.parse(process.argv[2]!)
const clients: Client[] = []
const offersSent = new Map<string, { at: number; of: UnderWay }>()
const live = new Set<UnderWay>()
let counts = { announces: 0, relays: 0, lost: 0 }
let relayMs: number[] = []
let announceMs: number[] = []
let isLoaded = false
let lastClient = 0

const connectStart = performance.now()
for (let n = 0; n < load.sockets; n += CONNECTING_MAX) {
  const batch = Array.from({ length: Math.min(CONNECTING_MAX, load.sockets - n) }, (_, i) => connect(n + i))
  for (const client of await Promise.all(batch)) clients.push(client)
}
const connectsPerSecond = load.sockets / ((performance.now() - connectStart) / 1000)
// Everybody is in its swarm before anybody offers.
for (const client of clients)
  for (let t = 0; t < load.torrents; t++)
    client.socket.write(announceFrame(hashOf(client, t), peerId(client.number), []))
await wait(500 + load.sockets / 10)
for (const client of clients) if (client.isDeaf) client.socket.socket.pause()
if (load.window === 0) {
  print()
  await new Promise(resolve => process.stdin.once('end', resolve).resume())
  process.exit(0)
}
isLoaded = true
for (let n = 0; n < load.window; n++) announceOne()
const churning = load.churn > 0 ? setInterval(churnSome, 100) : undefined
const watching = setInterval(giveUpLost, 250)
await wait(load.warmUpSeconds * 1000)
counts = { announces: 0, relays: 0, lost: 0 }
relayMs = []
announceMs = []
const [cpu, from] = [process.cpuUsage(), performance.now()]
await wait(load.seconds * 1000)
const { user, system } = process.cpuUsage(cpu)
const seconds = (performance.now() - from) / 1000
isLoaded = false
clearInterval(churning)
clearInterval(watching)
print((user + system) / 1e6 / seconds, seconds)
process.exit(0)

function connect(place: number): Promise<Client> {
  const number = lastClient++
  const port = load.ports?.[number % load.ports.length] ?? load.port
  return new Promise(resolve => {
    const client: Client = {
      number,
      isDeaf: place < load.sockets * load.deaf,
      isOpen: false,
      replies: [],
      socket: new RawSocket(port, {
        opened: () => {
          client.isOpen = true
          resolve(client)
        },
        message: (bytes, start, end) => receive(client, bytes, start, end),
        closed: () => {
          client.isOpen = false
        },
      }),
    }
  })
}

function hashOf(client: Client, torrent: number): string {
  const group = Math.floor((client.number % load.sockets) / load.swarmSize)
  return infoHash(group * load.torrents + torrent)
}

function announceOne(): void {
  if (!isLoaded) return
  let client: Client
  do client = clients[Math.floor(Math.random() * clients.length)]!
  while (!client.isOpen || client.isDeaf)
  const now = performance.now()
  const offerIds = Array.from({ length: load.offers }, nextOfferId)
  const of: UnderWay = { at: now, missing: 1 + Math.min(load.offers, load.swarmSize - 1) }
  for (const id of offerIds) offersSent.set(id, { at: now, of })
  client.replies.push(of)
  live.add(of)
  client.socket.write(
    announceFrame(hashOf(client, Math.floor(Math.random() * load.torrents)), peerId(client.number), offerIds),
  )
}

function receive(client: Client, bytes: Buffer, start: number, end: number): void {
  if (!isLoaded) return
  const message = read(bytes, start, end)
  if (message.type === 'reply') {
    const of = client.replies.shift()
    if (!of) return
    counts.announces++
    announceMs.push(performance.now() - of.at)
    one(of)
    return
  }
  counts.relays++
  const { offerId, from, hash } = message
  const sent = offersSent.get(offerId)
  if (message.type === 'offer') {
    if (sent) relayMs.push(performance.now() - sent.at)
    client.socket.write(answerFrame({ hash, from: peerId(client.number), to: from, offerId }))
  } else if (sent) {
    offersSent.delete(offerId)
    one(sent.of)
  }
}

function one(of: UnderWay): void {
  if (--of.missing > 0 || !live.delete(of)) return
  announceOne()
}

/** Offers to who has just gone, or does not read, are answered by nobody. */
function giveUpLost(): void {
  const now = performance.now()
  for (const of of live) {
    if (now - of.at < LOST_MS) break
    live.delete(of)
    counts.lost++
    announceOne()
  }
  for (const [id, { at }] of offersSent) {
    if (now - at < LOST_MS) break
    offersSent.delete(id)
  }
}

function churnSome(): void {
  for (let n = 0; n < (load.sockets * load.churn) / 10; n++) {
    const place = Math.floor(Math.random() * clients.length)
    const old = clients[place]!
    if (!old.isOpen || old.isDeaf) continue
    old.isOpen = false
    old.socket.close()
    void connect(load.sockets).then(client => {
      clients[place] = client
      client.socket.write(announceFrame(hashOf(client, 0), peerId(client.number), []))
    })
  }
}

function percentile(values: number[], part: number): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length * part)] ?? 0
}

function print(loadCpu = 0, seconds = 1): void {
  const figures: Figures = {
    announcesPerSecond: counts.announces / seconds,
    relaysPerSecond: counts.relays / seconds,
    relayMsP50: percentile(relayMs, 0.5),
    relayMsP99: percentile(relayMs, 0.99),
    announceMsP99: percentile(announceMs, 0.99),
    lost: counts.lost / Math.max(1, counts.announces),
    loadCpu,
    connectsPerSecond,
  }
  console.log(JSON.stringify(figures))
}
