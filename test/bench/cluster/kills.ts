/**
 * What goes wrong under load, with the leases of life: kill -9 of one of three nodes, again and again, and a Redis that stands still. How many clients
 * reach peers again, and how soon.
 */
import { Fleet } from '../../e2e/support/fleet.ts'
import type { Scope } from '../../e2e/support/scope.ts'
import { startShoalTracker, type TrackerProcess } from '../../e2e/support/trackers.ts'
import { startRedis } from '../../support/redis.ts'
import { CLUSTER_DEFAULTS } from '../../../tracker/index.ts'
import { digits } from '../statistics.ts'

const CLIENTS = 300
const SWARMS = 30
const AFTER_LEASE_MS = 10_000
const SHARE_MIN = 0.99
const SETTLE_MS = 60_000

/** @returns the exit code: 0 when after every death enough clients reached a peer in time. Runs the built command line. */
export async function killOneByOne(scope: Scope, kills: number): Promise<number> {
  const redis = await startRedis(scope)
  const args = ['--redis', redis.url]
  const nodes: TrackerProcess[] = await Promise.all([1, 2, 3].map(() => startShoalTracker(scope, { args })))
  await untilNodes(nodes)
  const fleet = new Fleet(scope, { urls: urlsOf(nodes), clients: CLIENTS, swarms: SWARMS })
  await fleet.untilReached(CLIENTS, SETTLE_MS)
  const leaseMs = CLUSTER_DEFAULTS.leaseSeconds * 1000
  let worst = 1
  for (let kill = 1; kill <= kills; kill++) {
    const dead = nodes.shift()!
    fleet.urls = urlsOf(nodes)
    fleet.mark()
    dead.process.kill('SIGKILL')
    const share = (await fleet.untilReached(CLIENTS, leaseMs + AFTER_LEASE_MS)) / CLIENTS
    worst = Math.min(worst, share)
    const { delays } = fleet
    const seconds = [0.5, 0.9, 0.99, 1].map(part => digits(delays[Math.ceil(delays.length * part) - 1]! / 1000))
    console.log(
      `kill ${kill}: ${digits(100 * share)} % reached a peer; half, 90 %, 99 %, all after ${seconds.join(', ')} s`,
    )
    nodes.push(await startShoalTracker(scope, { args }))
    await untilNodes(nodes)
    fleet.urls = urlsOf(nodes)
    fleet.mark()
    await fleet.untilReached(CLIENTS, SETTLE_MS)
  }
  console.log(`${kills} deaths, lease of ${leaseMs / 1000} s: at the worst ${digits(100 * worst)} % in time`)
  return worst >= SHARE_MIN ? 0 : 1
}

/** @returns the exit code: 0 when clients reached peers while Redis stood still, and all of them when it went on */
export async function stopRedis(scope: Scope, seconds: number): Promise<number> {
  const redis = await startRedis(scope)
  const args = ['--redis', redis.url]
  const nodes = await Promise.all([1, 2, 3].map(() => startShoalTracker(scope, { args })))
  await untilNodes(nodes)
  const fleet = new Fleet(scope, { urls: urlsOf(nodes), clients: CLIENTS, swarms: SWARMS })
  await fleet.untilReached(CLIENTS, SETTLE_MS)
  fleet.mark()
  redis.process.kill('SIGSTOP')
  const stoppedAt = performance.now()
  const alone = await fleet.untilReached(CLIENTS, seconds * 1000)
  console.log(
    `${alone} of ${CLIENTS} reached a peer of their own node, the last after ${digits(fleet.delays.at(-1)! / 1000)} s`,
  )
  await new Promise(resolve => setTimeout(resolve, stoppedAt + seconds * 1000 - performance.now()))
  for (const { url } of nodes) console.log(await (await fetch(`${url.replace('ws', 'http')}/health`)).text())
  redis.process.kill('SIGCONT')
  fleet.mark()
  await untilNodes(nodes)
  console.log(`after ${seconds} s Redis went on; all nodes knew each other`)
  fleet.mark()
  const healed = await fleet.untilReached(CLIENTS, SETTLE_MS)
  console.log(`${healed} of ${CLIENTS} reached a peer, the last after ${digits(fleet.delays.at(-1)! / 1000)} s`)
  return alone >= SHARE_MIN * CLIENTS && healed === CLIENTS ? 0 : 1
}

function urlsOf(nodes: readonly TrackerProcess[]): string[] {
  return nodes.map(({ url }) => url)
}

/** Resolves when all of them see so many. */
async function untilNodes(nodes: readonly TrackerProcess[]): Promise<void> {
  for (const { url } of nodes) {
    for (let seen = 0; seen !== nodes.length; ) {
      const stats = await (await fetch(`${url.replace('ws', 'http')}/stats.json`)).json()
      seen = (stats as { cluster: { nodes: number } }).cluster.nodes
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
}
