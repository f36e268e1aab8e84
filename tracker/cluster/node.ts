/** A node of a cluster, as the bus of its clients: gives the pure `Router` a clock, a transport, and swarms of its own. */
import { randomBytes } from 'node:crypto'
import type { Bus, Perform } from '../bus.ts'
import type { ClusterLimits, SwarmsLimits } from '../options.ts'
import { Owner, type OwnerOptions } from '../owner.ts'
import type { ConnectionInput, SwarmsStats } from '../swarms.ts'
import { parseBatch } from './routing/codec.ts'
import { briefly, sumFigures } from './routing/figures.ts'
import type { NodeFigures, NodeId } from './routing/items.ts'
import { Router, type RouterInput } from './router.ts'
import type { Transport } from './transport.ts'

export interface ClusterNodeOptions extends Omit<OwnerOptions, 'limits'> {
  readonly transport: Transport
  readonly limits: SwarmsLimits & ClusterLimits
  /** What this node tells of its connections; numbers are summed over all nodes. */
  readonly stats: () => object
  /** Told when the others are out of reach, and when they are back. */
  readonly onReach?: (isAlone: boolean) => void
}

/** What `/stats.json` tells of the cluster. */
export interface ClusterFigures {
  readonly node: NodeId
  /** Those that are known to live, this one included. */
  readonly nodes: number
  /** The others are out of reach: this node serves its own clients alone. */
  readonly isDegraded: boolean
  readonly queuedChars: number
}

/** Leases are looked at so long after the first hint, for hints come from several nodes at once. */
const LOOK_MS = 50

export class ClusterNode implements Bus {
  readonly id: NodeId = randomBytes(8).toString('hex')
  readonly #options: ClusterNodeOptions
  readonly #transport: Transport
  readonly #perform: Perform
  readonly #router: Router
  readonly #owner: Owner
  /** Nodes that a batch is on its way to. */
  readonly #busy = new Set<NodeId>()
  #owns = true
  #isDegraded = true
  #wasToldAlone = false
  #isClosed = false
  /** When the lease was last renewed (ms). */
  #renewedAt = Number.NEGATIVE_INFINITY
  #renewal: Promise<void> | undefined
  #flush: NodeJS.Immediate | undefined
  #beatTimer: NodeJS.Timeout | undefined
  #lookTimer: NodeJS.Timeout | undefined
  #tickTimer: NodeJS.Timeout | undefined

  constructor(options: ClusterNodeOptions) {
    const { limits, transport, perform, onError } = options
    this.#options = options
    this.#transport = transport
    this.#perform = perform
    const silentMs = limits.intervalSeconds * limits.silentIntervalsMax * 1000
    this.#router = new Router(this.id, { ...limits, silentMs })
    this.#owner = new Owner({ ...options, onError, perform: effect => this.#step({ type: 'owned', effect }) })
  }

  /** Of this node's swarms. */
  get stats(): SwarmsStats {
    return this.#owner.stats
  }

  get cluster(): ClusterFigures {
    const { living, queuedChars } = this.#router
    return { node: this.id, nodes: living, isDegraded: this.#isDegraded, queuedChars }
  }

  get isDegraded(): boolean {
    return this.#isDegraded
  }

  /** Of all nodes together; the others' are a few seconds old. */
  get figures(): NodeFigures {
    return sumFigures(this.#ownFigures(), this.#router.figures)
  }

  /** Joins the others, if they can be reached soon; else goes on alone until they can. */
  async start(): Promise<void> {
    const { renewSeconds, awaySeconds } = this.#options.limits
    await this.#transport.start(this.id, text => this.#receive(text))
    const giveUpAt = performance.now() + awaySeconds * 1000
    while (this.#isDegraded && performance.now() < giveUpAt) {
      await this.#renew()
      if (this.#isDegraded) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    }
    if (this.#isDegraded) this.#reach(true)
    this.#beatTimer = setInterval(() => this.#beat(), renewSeconds * 1000)
  }

  send(input: ConnectionInput): void {
    this.#step({ type: 'client', input })
  }

  /** Gives its swarms to the others, so that nobody misses it. Its own clients are served until they go. */
  async handOver(): Promise<void> {
    this.#owns = false
    await this.#renewal
    await this.#renew()
    this.#step({ type: 'hail' })
    const giveUpAt = performance.now() + this.#options.limits.handOverSeconds * 1000
    // The others have taken its swarms when nobody is in those here any more.
    const isOver = () => this.#router.owns || (this.#router.isSettled && this.stats.peers === 0)
    while (!isOver() && performance.now() < giveUpAt) {
      await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    }
  }

  /** Leaves the others, and tells them. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const timer of [this.#beatTimer, this.#lookTimer, this.#tickTimer]) clearTimeout(timer)
    this.#owner.close()
    // Out of reach, the lease ends by itself.
    const isGone = this.#isDegraded ? Promise.resolve() : this.#depart()
    await isGone.catch(() => {})
    await this.#transport.close()
  }

  async #depart(): Promise<void> {
    const { awaySeconds } = this.#options.limits
    const isLate = new Promise<void>(resolve => setTimeout(resolve, awaySeconds * 1000).unref())
    await Promise.race([this.#transport.release(), isLate])
    this.#router.step({ type: 'hail' }, performance.now())
    const texts = this.#router.waiting().map(node => this.#transport.publish(node, this.#router.take(node)!))
    await Promise.race([Promise.allSettled(texts), isLate])
  }

  #step(input: RouterInput): void {
    if (this.#isClosed) return
    try {
      for (const effect of this.#router.step(input, performance.now())) {
        switch (effect.type) {
          case 'own':
            this.#owner.send(effect.input)
            break
          case 'perform':
            this.#perform(effect.effect)
            break
          case 'look':
            this.#lookTimer ??= setTimeout(() => this.#look(), LOOK_MS)
            break
        }
      }
    } catch (error) {
      this.#options.onError(error)
      if (input.type === 'client') this.#perform({ type: 'close', to: input.input.connection })
    }
    this.#flush ??= setImmediate(() => this.#send())
    this.#arm()
  }

  #receive(text: string): void {
    const { receivedCharsMax, itemsPerBatchMax } = this.#options.limits
    const batch = parseBatch(text, { charsMax: receivedCharsMax, itemsMax: 2 * itemsPerBatchMax })
    if (batch) this.#step({ type: 'batch', batch })
  }

  /** Once in a turn of the loop; while a batch is on its way, the next one grows. */
  #send(): void {
    this.#flush = undefined
    if (this.#isClosed) return
    for (const node of this.#router.waiting()) {
      if (this.#busy.has(node)) continue
      const text = this.#router.take(node)
      if (text === undefined) continue
      this.#busy.add(node)
      const isOver = (): void => {
        this.#busy.delete(node)
        this.#flush ??= setImmediate(() => this.#send())
      }
      // One that fails is missed by its receiver, which asks for a new stream.
      this.#transport.publish(node, text).then(isOver, isOver)
    }
  }

  #beat(): void {
    this.#step({ type: 'beat', figures: briefly(this.#ownFigures()) })
    void this.#renew()
    const silentMs = performance.now() - this.#renewedAt
    if (this.#isDegraded || silentMs < this.#options.limits.awaySeconds * 1000) return
    this.#reach(true)
    this.#step({ type: 'view', leases: [] })
  }

  #look(): void {
    this.#lookTimer = undefined
    void this.#renew()
  }

  /** One at a time: one that hangs ends when the transport is back. */
  async #renew(): Promise<void> {
    this.#renewal ??= this.#renewOnce().finally(() => {
      this.#renewal = undefined
    })
    await this.#renewal
  }

  async #renewOnce(): Promise<void> {
    try {
      const leases = await this.#transport.renew({ owns: this.#owns })
      this.#renewedAt = performance.now()
      if (this.#isClosed) return
      this.#reach(false)
      this.#step({ type: 'view', leases })
    } catch {
      // Whoever could not renew for long enough is alone: `#beat`.
    }
  }

  #ownFigures(): NodeFigures {
    const { sites, ...swarms } = this.stats
    const numbers = Object.entries({ ...swarms, ...this.#options.stats() })
    const counts = Object.fromEntries(numbers.filter(([, value]) => typeof value === 'number'))
    return { counts, sites }
  }

  #reach(isAlone: boolean): void {
    this.#isDegraded = isAlone
    if (this.#wasToldAlone !== isAlone) this.#options.onReach?.(isAlone)
    this.#wasToldAlone = isAlone
  }

  #arm(): void {
    const { deadline } = this.#router
    if (this.#tickTimer !== undefined || deadline === Number.POSITIVE_INFINITY) return
    this.#tickTimer = setTimeout(
      () => {
        this.#tickTimer = undefined
        this.#step({ type: 'tick' })
      },
      Math.max(0, deadline - performance.now()),
    )
  }
}
