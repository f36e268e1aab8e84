/** `/metrics`, for Prometheus. The tracker counts by itself, in plain numbers; here they get their names. */
import { Gauge, type MetricConfiguration, Counter, collectDefaultMetrics, Registry } from 'prom-client'
import { RELAY_MS_BOUNDS, type Tally } from '../ingress/tally.ts'
import type { TrackerStats } from './stats.ts'
import type { WorkerMetrics } from './worker-metrics.ts'

export interface MetricsSources {
  readonly tally: Tally
  stats(): TrackerStats
  /** This is one of several that share a port: told are the figures of all. */
  readonly workers?: WorkerMetrics | undefined
}

type Values = readonly (readonly [value: number, labels?: Record<string, string>])[]

export class Metrics {
  readonly #registry = new Registry()
  readonly #workers: WorkerMetrics | undefined
  /** Taken once for all that is asked for at a time: they are summed over all connections. */
  #stats: TrackerStats | undefined

  constructor(sources: MetricsSources) {
    const { tally, workers } = sources
    const stats = (): TrackerStats => {
      if (this.#stats === undefined) setImmediate(() => (this.#stats = undefined))
      this.#stats ??= sources.stats()
      return this.#stats
    }
    this.#workers = workers
    workers?.share(this.#registry)
    collectDefaultMetrics({ register: this.#registry })
    const each = (record: Record<string, number>, label: string): Values =>
      Object.entries(record).map(([name, value]) => [value, { [label]: name }])
    this.#gauge('shoal_connections', 'WebSockets that are open.', () => [[stats().connections]])
    this.#gauge('shoal_swarms', 'Swarms that have members.', () => [[stats().swarms]])
    this.#gauge(
      'shoal_members',
      'Peers in swarms, each counted in each.',
      () => each(pick(stats(), 'seeds', 'leeches'), 'role'),
      ['role'],
    )
    this.#gauge('shoal_peers', 'Peer ids.', () => [[stats().peers]])
    this.#gauge('shoal_offers_under_way', 'Offers that may still be answered.', () => [[stats().offersUnderWay]])
    this.#gauge('shoal_send_queue_bytes', 'Bytes that wait to be read by clients.', () => [[stats().queueBytes]])
    this.#gauge('shoal_addresses_banned', 'Addresses that are banned now.', () => [[stats().addressesBanned]])
    this.#counter('shoal_messages_total', 'Messages received, by kind.', () => each(tally.messages, 'kind'), ['kind'])
    this.#counter(
      'shoal_relayed_total',
      'Offers, answers and candidates handed on.',
      () => each(tally.relayed, 'kind'),
      ['kind'],
    )
    this.#counter(
      'shoal_rejects_total',
      'Connections and requests refused, by reason.',
      () => each(tally.rejects, 'reason'),
      ['reason'],
    )
    this.#gauge('shoal_site_visitors', 'Visitors of sites, connected now.', () => [
      [sum(stats().sites.map(site => site.visitors))],
    ])
    const offload = () => each(bytesOf(stats()), 'source')
    this.#counter('shoal_offload_bytes_total', 'Bytes that visitors of sites say they took, by source.', offload, [
      'source',
    ])
    const latency = () => relayLatency(tally)
    const help = 'Time from a message to what is handed on of it; `le` as in a histogram.'
    this.#counter('shoal_relay_seconds_bucket', help, () => latency().buckets, ['le'])
    this.#counter('shoal_relay_seconds_count', 'How many.', () => [[latency().count]])
    this.#counter('shoal_relay_seconds_sum', 'Of all.', () => [[tally.relayMsSum / 1000]])
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** @throws when another worker does not answer */
  async text(): Promise<string> {
    return this.#workers ? this.#workers.text() : this.#registry.metrics()
  }

  #gauge(name: string, help: string, values: () => Values, labelNames: readonly string[] = []): void {
    const configuration: MetricConfiguration<string> = { name, help, labelNames, registers: [this.#registry] }
    const gauge = new Gauge({
      ...configuration,
      collect() {
        for (const [value, labels = {}] of values()) gauge.set(labels, value)
      },
    })
  }

  #counter(name: string, help: string, values: () => Values, labelNames: readonly string[] = []): void {
    const configuration: MetricConfiguration<string> = { name, help, labelNames, registers: [this.#registry] }
    const counter = new Counter({
      ...configuration,
      collect() {
        // The count is kept elsewhere, where it costs an addition.
        counter.reset()
        for (const [value, labels = {}] of values()) counter.inc(labels, value)
      },
    })
  }
}

/** Buckets hold all below their bound, as Prometheus has it. */
function relayLatency({ relayBuckets }: Tally): { buckets: Values; count: number } {
  let count = 0
  const buckets = relayBuckets.map((added, index) => {
    count += added
    const bound = RELAY_MS_BOUNDS[index]
    return [count, { le: bound === undefined ? '+Inf' : String(bound / 1000) }] as const
  })
  return { buckets, count }
}

/** Those alone that `/stats.json` shows too. */
function bytesOf({ sites }: TrackerStats): Record<string, number> {
  const total: Record<string, number> = {}
  for (const { bytes } of sites)
    for (const [source, count] of Object.entries<number>(bytes ?? {})) total[source] = (total[source] ?? 0) + count
  return total
}

function pick<K extends 'seeds' | 'leeches'>(stats: TrackerStats, ...names: readonly K[]): Record<string, number> {
  return Object.fromEntries(names.map(name => [name, stats[name]]))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
