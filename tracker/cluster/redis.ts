/**
 * Nodes that share a Redis or Valkey, 7 or newer. Leases are one sorted set by the time of their end, on the clock of Redis, so that nodes need not
 * agree on the time. Each node has a channel of its own (sharded publish and subscribe, which in a Redis Cluster stays within a shard).
 */
import type { Lease, NodeId } from './routing/items.ts'
import type { LeaseTerms, Transport } from './transport.ts'

export interface RedisOptions extends LeaseTerms {
  /** `redis://[user:password@]host:port[/database]`, or `rediss://`. */
  readonly url: string
  /** Trackers that share a Redis and are not one have different ones. @default 'shoal' */
  readonly name?: string
}

/** Renews a lease, forgets those that have ended, and lists the others. `o:` marks who owns, `i:` who does not. */
const RENEW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREM', KEYS[1], ARGV[1], ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return redis.error_reply('FULL there are as many nodes as may be') end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return redis.call('ZRANGE', KEYS[1], 0, -1)`

/** A connection on which nothing comes for so long, pings included, is dead. */
const PING_MS = 2_000
const SILENT_MS = 10_000
const CONNECT_MS = 3_000
const RETRY_MS_MAX = 1_000
/** One batch a node and a renewal are under way at a time. */
const COMMANDS_MAX = 1_000

export class RedisTransport implements Transport {
  readonly #options: RedisOptions
  readonly #name: string
  #commands: Client | undefined
  #subscriber: Client | undefined
  #node: NodeId = ''
  #isSubscribed = false

  constructor(options: RedisOptions) {
    this.#options = options
    this.#name = options.name ?? 'shoal'
  }

  async start(node: NodeId, receive: (batch: string) => void): Promise<void> {
    this.#node = node
    const [commands, subscriber] = await Promise.all([clientOf(this.#options.url), clientOf(this.#options.url)])
    this.#commands = commands
    this.#subscriber = subscriber
    subscriber.on('ready', () => {
      if (this.#isSubscribed) return
      const isMade = subscriber.sSubscribe(this.#channel(node), message => receive(message))
      isMade.then(
        () => {
          this.#isSubscribed = true
        },
        () => {},
      )
    })
    // Connections are tried until they stand, and a subscription that was made comes back with its connection.
    for (const client of [commands, subscriber]) client.connect().catch(() => {})
  }

  async renew({ owns }: { readonly owns: boolean }): Promise<readonly Lease[]> {
    // Who does not hear is not there.
    if (!this.#isSubscribed || !this.#subscriber?.isReady) throw new Error('Redis is away.')
    const [mine, other] = owns ? [this.#owning, this.#idle] : [this.#idle, this.#owning]
    const { leaseSeconds, nodesMax } = this.#options
    const keys = [this.#leases]
    const listed = await this.#commands!.eval(RENEW, {
      keys,
      arguments: [mine, other, `${leaseSeconds * 1000}`, `${nodesMax}`],
    })
    return parseLeases(listed)
  }

  async release(): Promise<void> {
    await this.#commands?.zRem(this.#leases, [this.#owning, this.#idle])
  }

  async publish(to: NodeId, batch: string): Promise<void> {
    await this.#commands?.sPublish(this.#channel(to), batch)
  }

  async close(): Promise<void> {
    this.#commands?.destroy()
    this.#subscriber?.destroy()
    await Promise.resolve()
  }

  get #leases(): string {
    return `${this.#name}:leases`
  }

  get #owning(): string {
    return `o:${this.#node}`
  }

  get #idle(): string {
    return `i:${this.#node}`
  }

  #channel(node: NodeId): string {
    return `${this.#name}:node:${node}`
  }
}

type Client = Awaited<ReturnType<typeof clientOf>>

/** Its package is loaded by those alone who have a Redis. */
async function clientOf(url: string) {
  const { createClient } = await import('@redis/client')
  const client = createClient({
    url,
    // What cannot be said at once is said otherwise later.
    disableOfflineQueue: true,
    commandsQueueMaxLength: COMMANDS_MAX,
    pingInterval: PING_MS,
    // One that hangs ends with its connection; a signal for each command costs more than the command.
    commandOptions: { timeout: 0 },
    socket: {
      connectTimeout: CONNECT_MS,
      socketTimeout: SILENT_MS,
      reconnectStrategy: retries => Math.min(50 * (retries + 1), RETRY_MS_MAX),
    },
  })
  // It connects again by itself, and whether it stands shows in renewals.
  client.on('error', () => {})
  return client
}

function parseLeases(listed: unknown): Lease[] {
  if (!Array.isArray(listed)) return []
  return (listed as readonly unknown[]).flatMap(item => {
    const [, kind, node] = /^([oi]):([0-9a-f]{16})$/.exec(String(item)) ?? []
    return node === undefined ? [] : { node, owns: kind === 'o' }
  })
}
