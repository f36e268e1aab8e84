/**
 * Nodes that are processes of one machine. The first process carries what the others say to each other: `Switchboard` there, `IpcTransport` in
 * each of them, and between the two whatever passes messages in order.
 */
import type { Lease, NodeId } from './routing/items.ts'
import type { LeaseTerms, Transport } from './transport.ts'

/** One end of what passes messages between two processes. */
export interface Channel {
  send(message: object): void
  /** Everything that arrives from now on. */
  listen(receive: (message: unknown) => void): void
}

type Call =
  | { readonly shoal: 'renew'; readonly call: number; readonly node: NodeId; readonly owns: boolean }
  | { readonly shoal: 'release'; readonly call: number; readonly node: NodeId }
  | { readonly shoal: 'publish'; readonly call: number; readonly to: NodeId; readonly batch: string }

type Answer =
  | { readonly shoal: 'done'; readonly call: number; readonly leases?: readonly Lease[]; readonly error?: string }
  | { readonly shoal: 'batch'; readonly batch: string }

interface Waiting {
  resolve(leases: readonly Lease[]): void
  reject(error: Error): void
}

export class IpcTransport implements Transport {
  readonly #channel: Channel
  readonly #waiting = new Map<number, Waiting>()
  #node: NodeId = ''
  #lastCall = 0
  #receive: ((batch: string) => void) | undefined

  constructor(channel: Channel) {
    this.#channel = channel
  }

  async start(node: NodeId, receive: (batch: string) => void): Promise<void> {
    this.#node = node
    this.#receive = receive
    this.#channel.listen(message => {
      if (isOurs<Answer>(message)) this.#hear(message)
    })
    await Promise.resolve()
  }

  renew({ owns }: { readonly owns: boolean }): Promise<readonly Lease[]> {
    return this.#call(call => ({ shoal: 'renew', call, node: this.#node, owns }))
  }

  async release(): Promise<void> {
    await this.#call(call => ({ shoal: 'release', call, node: this.#node }))
  }

  async publish(to: NodeId, batch: string): Promise<void> {
    await this.#call(call => ({ shoal: 'publish', call, to, batch }))
  }

  async close(): Promise<void> {
    this.#receive = undefined
    for (const { reject } of this.#waiting.values()) reject(new Error('The transport is closed.'))
    this.#waiting.clear()
    await Promise.resolve()
  }

  #call(callOf: (call: number) => Call): Promise<readonly Lease[]> {
    const call = ++this.#lastCall
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject })
      this.#channel.send(callOf(call))
    })
  }

  #hear(answer: Answer): void {
    if (answer.shoal === 'batch') {
      this.#receive?.(answer.batch)
      return
    }
    const waiting = this.#waiting.get(answer.call)
    this.#waiting.delete(answer.call)
    if (answer.error === undefined) waiting?.resolve(answer.leases ?? [])
    else waiting?.reject(new Error(answer.error))
  }
}

export class Switchboard {
  readonly #terms: LeaseTerms
  readonly #nodes = new Map<NodeId, { readonly channel: Channel; readonly owns: boolean; readonly endsAt: number }>()

  constructor(terms: LeaseTerms) {
    this.#terms = terms
  }

  attach(channel: Channel): void {
    channel.listen(message => {
      if (isOurs<Call>(message)) channel.send(this.#answer(channel, message))
    })
  }

  /** That process has ended. */
  detach(channel: Channel): void {
    for (const [node, { channel: held }] of this.#nodes) if (held === channel) this.#nodes.delete(node)
  }

  #answer(channel: Channel, message: Call): Answer {
    const { call } = message
    switch (message.shoal) {
      case 'renew': {
        const now = performance.now()
        for (const [node, { endsAt }] of this.#nodes) if (endsAt <= now) this.#nodes.delete(node)
        const { node, owns } = message
        const { leaseSeconds, nodesMax } = this.#terms
        if (!this.#nodes.has(node) && this.#nodes.size >= nodesMax)
          return { shoal: 'done', call, error: 'There are as many nodes as may be.' }
        this.#nodes.set(node, { channel, owns, endsAt: now + leaseSeconds * 1000 })
        return { shoal: 'done', call, leases: [...this.#nodes].map(([id, lease]) => ({ node: id, owns: lease.owns })) }
      }
      case 'release':
        this.#nodes.delete(message.node)
        return { shoal: 'done', call }
      case 'publish':
        this.#nodes.get(message.to)?.channel.send({ shoal: 'batch', batch: message.batch } satisfies Answer)
        return { shoal: 'done', call }
    }
  }
}

/** Node's own processes pass messages of their own over the same channel. */
function isOurs<T>(message: unknown): message is T {
  return typeof message === 'object' && message !== null && 'shoal' in message
}
