import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SimClient } from './client.ts'
import { SimCluster } from './world.ts'

const INFO_HASHES = Array.from({ length: 12 }, (_, n) => `${n}`.padStart(20, 'h'))
/** Views, takeovers and streams have settled after that. */
const SETTLE_MS = 45_000

/** A cluster of three with clients in several swarms, all of it known to whom it must be. */
function populated(seed: number, clients: number): SimCluster {
  const cluster = new SimCluster(seed)
  for (let n = 0; n < 3; n++) cluster.start()
  cluster.run(1_000)
  for (let n = 0; n < clients; n++) arrive(cluster)
  cluster.run(1_000)
  return cluster
}

function arrive(cluster: SimCluster): void {
  const client = cluster.arrive()
  for (let n = 0; n < 3; n++) announceSomewhere(cluster, client)
}

function announceSomewhere(cluster: SimCluster, client: SimClient): void {
  cluster.say(client, client.announce(cluster.draw.one(INFO_HASHES), cluster.draw.between(0, 3)))
}

/** What clients do all the time. */
function live(cluster: SimCluster, ms: number): void {
  for (const end = cluster.now + ms; cluster.now < end; cluster.run(cluster.draw.between(1, 200))) {
    const { draw } = cluster
    const client = draw.one([...cluster.clients])
    if (draw.chance(0.05)) cluster.leave(client)
    else if (draw.chance(0.1)) arrive(cluster)
    else if (draw.chance(0.2) && client.swarms.size > 0) cluster.say(client, client.stop(draw.one([...client.swarms])))
    else announceSomewhere(cluster, client)
  }
}

describe('a simulated cluster', () => {
  it('knows every member at exactly one owner, and answers every announce', () => {
    const cluster = populated(1, 60)
    cluster.checkConverged(INFO_HASHES)
    const answers = [...cluster.clients].reduce((sum, client) => sum + client.answers, 0)
    assert.ok(answers > 50, `${answers} answers came back to their offerers`)
  })

  it('tells a node that joins what is its own now', () => {
    const cluster = populated(2, 60)
    cluster.start()
    cluster.run(SETTLE_MS)
    cluster.checkConverged(INFO_HASHES)
  })

  it('knows the clients of a dead node again once its lease has ended', () => {
    const cluster = populated(3, 60)
    cluster.kill(cluster.living[0]!)
    cluster.run(SETTLE_MS)
    cluster.checkConverged(INFO_HASHES)
  })

  it('hands the swarms of a node that drains to the others, within a second', () => {
    const cluster = populated(4, 60)
    cluster.drain(cluster.living[0]!)
    cluster.run(1_000)
    cluster.checkConverged(INFO_HASHES)
  })

  it('serves the clients of each node alone while the bus is away, and all together when it is back', () => {
    const cluster = populated(5, 60)
    for (const { id } of cluster.living) cluster.bus.away.add(id)
    cluster.run(10_000)
    for (const node of cluster.living) {
      for (const infoHash of INFO_HASHES) {
        const own = [...node.clients.values()].filter(client => client.swarms.has(infoHash)).length
        assert.equal(cluster.held(node, infoHash), own)
      }
    }
    live(cluster, 10_000)
    cluster.bus.away.clear()
    cluster.run(SETTLE_MS)
    cluster.checkConverged(INFO_HASHES)
  })

  const seeds = Number(process.env.SHOAL_CLUSTER_SEEDS ?? 30)
  it(`survives loss, deaths, joins, drains and partitions, whatever the order (${seeds} seeds)`, () => {
    const first = process.env.SHOAL_CLUSTER_SEED === undefined ? 100 : Number(process.env.SHOAL_CLUSTER_SEED)
    for (let seed = first; seed < first + seeds; seed++) {
      try {
        storm(seed)
      } catch (error) {
        throw new Error(`SHOAL_CLUSTER_SEED=${seed} SHOAL_CLUSTER_SEEDS=1 replays it: ${error}`, { cause: error })
      }
    }
  })
})

function storm(seed: number): void {
  const cluster = populated(seed, 40)
  const { draw, bus } = cluster
  bus.loss = draw.one([0, 0.01, 0.1, 0.3])
  for (let round = 0; round < 6; round++) {
    const node = draw.one(cluster.living)
    const owners = cluster.living.filter(({ owns }) => owns).length
    const what = draw.between(0, 4)
    if (what === 0) cluster.start()
    else if (what === 1 && owners > 1) cluster.kill(node)
    else if (what === 2 && owners > 1) cluster.drain(node)
    else if (what === 3) bus.away.add(node.id)
    else bus.away.clear()
    live(cluster, draw.between(500, 12_000))
  }
  bus.away.clear()
  bus.loss = 0
  cluster.run(SETTLE_MS)
  cluster.checkConverged(INFO_HASHES)
}
