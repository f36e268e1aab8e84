/** Several `shoal tracker --redis` that are one tracker. */
import assert from 'node:assert/strict'
import type { RunningRedis } from '../../support/redis.ts'
import type { Lifetime } from './scope.ts'
import { startShoalTracker, type TrackerProcess } from './trackers.ts'

export const PATIENCE_MS = 20_000
/** A node that dies is missed sooner than in life. */
export const LEASE_MS = 3_000
const QUICK = ['--limit', 'leaseSeconds=3', '--limit', 'renewSeconds=0.5', '--limit', 'awaySeconds=1.5']
export const QUIET = ['--log-level', 'error']

export interface NodeStats {
  readonly connections: number
  readonly peers: number
  readonly cluster: { readonly nodes: number; readonly isDegraded: boolean }
}

/** Nodes that know each other. */
export async function startNodes(t: Lifetime, redis: RunningRedis, count: number): Promise<TrackerProcess[]> {
  const args = ['--redis', redis.url, '--drain', '1', ...QUICK, ...QUIET]
  const nodes = await Promise.all(Array.from({ length: count }, () => startShoalTracker(t, { args })))
  for (const node of nodes) await until('all nodes', async () => (await statsOf(node)).cluster.nodes === count)
  return nodes
}

/** Over a connection of its own, so that of several workers any may answer. Whoever dies just then answers nothing: rejects after `waitMs`. */
export async function statsOf({ url }: { url: string }, waitMs = PATIENCE_MS): Promise<NodeStats> {
  const options = { headers: { connection: 'close' }, signal: AbortSignal.timeout(waitMs) }
  return (await (await fetch(`${url.replace('ws', 'http')}/stats.json`, options)).json()) as NodeStats
}

export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, what)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
