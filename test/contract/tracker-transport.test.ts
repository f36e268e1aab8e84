import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { type Channel, IpcTransport, Switchboard } from '../../tracker/cluster/ipc.ts'
import { RedisTransport } from '../../tracker/cluster/redis.ts'
import { MemoryHub, MemoryTransport } from '../support/memory-transport.ts'
import { missingRedis, type RunningRedis, startRedis } from '../support/redis.ts'
import { Listener, transportContract } from './tracker-transport.ts'

transportContract('in memory', async terms => {
  const hub = new MemoryHub(terms)
  return () => new MemoryTransport(hub)
})

// Ports pass messages between threads as the channels of processes do: cloned, in order, later.
const ports: MessagePort[] = []
after(() => {
  for (const port of ports) port.close()
})

transportContract('the processes of one machine', async terms => {
  const switchboard = new Switchboard(terms)
  return () => {
    const { port1, port2 } = new MessageChannel()
    ports.push(port1, port2)
    switchboard.attach(channelOf(port1))
    return new IpcTransport(channelOf(port2))
  }
})

function channelOf(port: MessagePort): Channel {
  return { send: message => port.postMessage(message), listen: receive => port.on('message', receive) }
}

describe('the processes of one machine', () => {
  it('lose a node at once when its process ends', async () => {
    const switchboard = new Switchboard({ leaseSeconds: 30, nodesMax: 8 })
    const [one, other] = await Promise.all(
      ['1', '2'].map(async name => {
        const { port1, port2 } = new MessageChannel()
        ports.push(port1, port2)
        const channel = channelOf(port1)
        switchboard.attach(channel)
        const listener = await new Listener(new IpcTransport(channelOf(port2))).start(name.repeat(16))
        await listener.transport.renew({ owns: true })
        return { listener, channel }
      }),
    )
    switchboard.detach(other!.channel)
    assert.equal((await one!.listener.transport.renew({ owns: true })).length, 1)
  })
})

const cleanups: (() => unknown)[] = []
const lifetime = { after: (cleanup: () => unknown) => cleanups.push(cleanup) }
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
})

const missing = missingRedis()
if (missing !== undefined) {
  it('a transport: Redis', { skip: missing }, () => {})
} else {
  const redis = startRedis(lifetime)
  let names = 0

  transportContract('Redis', async terms => {
    const { url } = await redis
    const name = `contract-${++names}`
    return () => new RedisTransport({ ...terms, url, name })
  })

  describe('Redis', () => {
    const listen = async ({ url }: RunningRedis, node: string): Promise<Listener> => {
      const transport = new RedisTransport({ url, leaseSeconds: 30, nodesMax: 8 })
      lifetime.after(() => transport.close())
      return new Listener(transport).start(node.repeat(16))
    }

    it('may come later than the nodes, and go and come back, and they hear again', { timeout: 60_000 }, async () => {
      const first = await startRedis(lifetime)
      await first.kill()
      const [one, other] = [await listen(first, '1'), await listen(first, '2')]
      await assert.rejects(one.transport.renew({ owns: true }))
      for (const round of [1, 2]) {
        const running = await startRedis(lifetime, first.port)
        await Promise.all([one, other].map(each => each.sees(leases => leases.length === 2)))
        await one.transport.publish('2'.repeat(16), `round ${round}`)
        assert.equal((await other.has(round)).at(-1), `round ${round}`)
        await running.kill()
        await assert.rejects(async () => {
          for (;;) await one.transport.renew({ owns: true })
        })
      }
    })

    it('holds several trackers apart by their names', async () => {
      const { url } = await redis
      const terms = { leaseSeconds: 30, nodesMax: 8, url }
      const [one, other] = ['one', 'other'].map(name => new RedisTransport({ ...terms, name }))
      for (const [n, transport] of [one!, other!].entries()) {
        lifetime.after(() => transport.close())
        const listener = await new Listener(transport).start(`${n}`.repeat(16))
        assert.equal((await listener.sees(leases => leases.length > 0)).length, 1)
      }
    })
  })
}
