/** What every transport of a cluster of trackers must do. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Lease } from '../../tracker/cluster/routing/items.ts'
import type { LeaseTerms, Transport } from '../../tracker/cluster/transport.ts'

/** Transports of one hub each time it is called. */
export type OpenHub = (terms: LeaseTerms) => Promise<() => Transport>

const NODES = ['1'.repeat(16), '2'.repeat(16), '3'.repeat(16)] as const
const [ONE, OTHER, THIRD] = NODES
const PATIENCE_MS = 10_000

/** A node that keeps what it receives. */
export class Listener {
  readonly transport: Transport
  readonly received: string[] = []
  #heard = () => {}

  constructor(transport: Transport) {
    this.transport = transport
  }

  async start(node: string): Promise<this> {
    await this.transport.start(node, batch => {
      this.received.push(batch)
      this.#heard()
    })
    return this
  }

  async has(count: number): Promise<string[]> {
    const deadline = performance.now() + PATIENCE_MS
    while (this.received.length < count) {
      assert.ok(performance.now() < deadline, `${count} batches expected, these came: ${this.received}`)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, 100)
        this.#heard = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return this.received
  }

  /** Renews until it works and what it lists is as it should be. */
  async sees(matches: (leases: readonly Lease[]) => boolean, owns = true): Promise<readonly Lease[]> {
    const deadline = performance.now() + PATIENCE_MS
    let seen: unknown
    while (performance.now() < deadline) {
      try {
        const leases = await this.transport.renew({ owns })
        if (matches(leases)) return leases
        seen = JSON.stringify(leases)
      } catch (error) {
        seen = error
      }
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    return assert.fail(`never seen; last: ${seen}`)
  }
}

export function transportContract(name: string, openHub: OpenHub): void {
  describe(`a transport: ${name}`, () => {
    const open: Transport[] = []
    after(() => Promise.all(open.map(transport => transport.close())))

    /** So many nodes that live. */
    async function nodes(count: number, terms: Partial<LeaseTerms> = {}): Promise<Listener[]> {
      const transportOf = await openHub({ leaseSeconds: 30, nodesMax: 8, ...terms })
      const listeners = NODES.slice(0, count).map(async node => {
        const transport = transportOf()
        open.push(transport)
        const listener = await new Listener(transport).start(node)
        await listener.sees(leases => leases.some(lease => lease.node === node))
        return listener
      })
      return Promise.all(listeners)
    }

    it('carries batches to whom they are for, in order', async () => {
      const [one, other, third] = await nodes(3)
      const texts = Array.from({ length: 50 }, (_, n) => `batch ${n}`)
      for (const text of texts) await one!.transport.publish(OTHER, text)
      await third!.transport.publish(ONE, 'back')
      assert.deepEqual(await other!.has(50), texts)
      assert.deepEqual(await one!.has(1), ['back'])
      assert.deepEqual(third!.received, [])
    })

    it('carries any text, of the size that batches have', async () => {
      const [one, other] = await nodes(2)
      const text = `"\\\r\n\u0000\u00ff\u20ac${'x'.repeat(256 * 1024)}`
      await one!.transport.publish(OTHER, text)
      assert.deepEqual(await other!.has(1), [text])
    })

    it('takes a batch for nobody', async () => {
      const [one] = await nodes(1)
      await one!.transport.publish(OTHER, 'to nobody')
    })

    it('lists who lives, and who of them owns', async () => {
      const [one, other] = await nodes(2)
      await other!.transport.renew({ owns: false })
      const leases = [...(await one!.transport.renew({ owns: true }))]
      assert.deepEqual(
        leases.sort((a, b) => (a.node < b.node ? -1 : 1)),
        [
          { node: ONE, owns: true },
          { node: OTHER, owns: false },
        ],
      )
      await other!.transport.renew({ owns: true })
      assert.ok((await one!.transport.renew({ owns: true })).every(lease => lease.owns))
    })

    it('forgets at once who gives its lease up', async () => {
      const [one, other] = await nodes(2)
      await other!.transport.release()
      assert.deepEqual(await one!.transport.renew({ owns: true }), [{ node: ONE, owns: true }])
    })

    it('forgets who does not renew its lease, and nobody else', async () => {
      const [one] = await nodes(2, { leaseSeconds: 0.5 })
      await one!.sees(leases => leases.length === 1)
    })

    it('refuses a node too many', async () => {
      const transportOf = await openHub({ leaseSeconds: 30, nodesMax: 1 })
      const [one, other] = await Promise.all([ONE, THIRD].map(node => new Listener(transportOf()).start(node)))
      open.push(one!.transport, other!.transport)
      await one!.sees(leases => leases.length === 1)
      // Until it is connected it is refused for that.
      await assert.rejects(async () => {
        for (;;) await other!.transport.renew({ owns: true })
      })
      assert.equal((await one!.transport.renew({ owns: true })).length, 1)
    })

    it('says nothing after it was closed', async () => {
      const [one, other, third] = await nodes(3)
      await other!.transport.close()
      await one!.transport.publish(OTHER, 'too late')
      await one!.transport.publish(THIRD, 'in time')
      await third!.has(1)
      assert.deepEqual(other!.received, [])
    })
  })
}
