/** Several processes are one tracker: `shoal tracker --redis` with a real Redis, and `--workers`. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { INFO_HASH, TestPeer, TestSocket, bareAnnounce, met, peerIdOf } from '../contract/tracker-support.ts'
import { missingRedis, startRedis } from '../support/redis.ts'
import { launchBrowser } from './support/browser.ts'
import { Fleet } from './support/fleet.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startSite } from './support/site.ts'
import { startTheirClient, THEIR_MODULES } from './support/their-client.ts'
import { LEASE_MS, PATIENCE_MS, QUIET, startNodes, statsOf, until } from './support/tracker-nodes.ts'
import { startShoalTracker } from './support/trackers.ts'

const missing = missingRedis()
const scope = fileScope()
const site = startSite(scope, { modules: THEIR_MODULES })
const browser = launchBrowser(scope, 'chromium')

async function healthOf({ url }: { url: string }): Promise<string> {
  return ((await (await fetch(`${url.replace('ws', 'http')}/health`)).json()) as { status: string }).status
}

async function connect(t: Lifetime, { url }: { url: string }, options = {}): Promise<TestSocket> {
  const socket = await new TestSocket(url, options).open()
  t.after(() => socket.close())
  return socket
}

const hashes = Array.from({ length: 6 }, (_, n) => `${n}`.padStart(20, 's'))

/** One of each of these swarms offers over one node, and another, of another node, answers. */
async function assertMeet(from: TestSocket, to: TestSocket, names: readonly [string, string]): Promise<void> {
  for (const info_hash of hashes) {
    const offer_id = `${Math.random()}`.padEnd(20, '0').slice(0, 20)
    await to.ask(bareAnnounce(names[1], { info_hash }))
    const [sent, heard] = [from.messages.length, to.messages.length]
    from.send(bareAnnounce(names[0], { info_hash, offers: [{ offer: { type: 'offer', sdp: 'o' }, offer_id }] }))
    await to.received(heard + 1)
    assert.deepEqual([to.messages[heard]!.offer_id, to.messages[heard]!.peer_id], [offer_id, peerIdOf(names[0])])
    const to_peer_id = peerIdOf(names[0])
    to.send({ ...bareAnnounce(names[1], { info_hash }), to_peer_id, offer_id, answer: { type: 'answer', sdp: 'a' } })
    await from.received(sent + 2)
    assert.ok(from.messages.slice(sent).some(({ answer, offer_id: of }) => answer && of === offer_id))
  }
}

describe('nodes that share a Redis', { skip: missing ?? false }, () => {
  it('are one tracker for clients that speak bare WebTorrent, whoever owns their swarm', async t => {
    const nodes = await startNodes(t, await startRedis(t), 2)
    const [one, other] = [await connect(t, nodes[0]!), await connect(t, nodes[1]!)]
    await assertMeet(one, other, ['a', 'b'])
    const { files } = (await one.ask({ action: 'scrape', info_hash: hashes })) as { files: Record<string, object> }
    assert.deepEqual(
      Object.values(files),
      hashes.map(() => ({ complete: 0, incomplete: 2, downloaded: 0 })),
    )
    await until('sums of both', async () => (await statsOf(nodes[0]!)).connections === 2)
  })

  it('are one tracker for our client, which dials and trickles', async t => {
    const nodes = await startNodes(t, await startRedis(t), 2)
    const [one, other] = nodes.map(({ url }, n) => new TestPeer({ name: `peer${n}`, url }))
    t.after(() => Promise.all([one!.session.leave(), other!.session.leave()]))
    for (const peer of [one!, other!]) peer.session.wanted(5)
    await met(one!, other!)
  })

  it("are one tracker for bittorrent-tracker's client, whose peers connect", { timeout: 120_000 }, async t => {
    const nodes = await startNodes(t, await startRedis(t), 2)
    const clients = await Promise.all(
      nodes.map(async ({ url }, n) => {
        const options = { url, peerId: peerIdOf(`bt${n}`), infoHash: [...INFO_HASH], left: 1 }
        return startTheirClient(t, { browser: await browser, site: await site, ...options })
      }),
    )
    for (const client of clients) await client.act('start')
    await Promise.all(clients.map(client => client.next('connect')))
    for (const client of clients) assert.deepEqual(await client.complaints(), [])
  })

  it('give a peer id to one of two nodes: to its holder while that lives', async t => {
    const nodes = await startNodes(t, await startRedis(t), 2)
    for (const [n, info_hash] of hashes.slice(0, 3).entries()) {
      const holder = await connect(t, nodes[0]!)
      await holder.ask(bareAnnounce(`living${n}`, { info_hash }))
      const thief = await connect(t, nodes[1]!)
      assert.equal((await thief.ask(bareAnnounce(`living${n}`, { info_hash }))).code, 'peer-id-in-use')
      const dead = await connect(t, nodes[0]!, { autoPong: false })
      await dead.ask(bareAnnounce(`dead${n}`, { info_hash }))
      const startedAt = performance.now()
      const heir = await connect(t, nodes[1]!)
      assert.equal((await heir.ask(bareAnnounce(`dead${n}`, { info_hash }))).incomplete, 2)
      assert.ok(performance.now() - startedAt > 2_900, 'the dead one had three seconds to answer')
      await dead.closed
    }
  })

  it('bring the pointer of a site to its visitors, whatever node they are on', async t => {
    const { signPointer } = await import('../../src/site/pointer.ts')
    const { encodePointer } = await import('../../src/protocol/tracker-site.ts')
    const { testKey } = await import('../support/site.ts')
    const nodes = await startNodes(t, await startRedis(t), 2)
    for (let site = 0; site < 3; site++) {
      const key = await testKey()
      const statement = {
        expires: 2 ** 33,
        infoHash: new Uint8Array(32),
        manifestHash: new Uint8Array(32),
        isKilled: false,
      }
      const pointer = async (version: number) =>
        encodePointer(await signPointer({ ...statement, version, key: key.key, rotated: [] }, key.sign))
      const [one, other] = [await connect(t, nodes[0]!), await connect(t, nodes[1]!)]
      one.send(await pointer(1))
      // So that it is known before the other tells a newer one.
      await one.ask({ action: 'scrape' })
      other.send(await pointer(2))
      await one.received(2)
      assert.equal(one.messages[1]!.action, 'pointer')
    }
  })

  it('are missed when they are killed: their clients, and those of swarms they owned, reach peers again', {
    timeout: 90_000,
  }, async t => {
    const nodes = await startNodes(t, await startRedis(t), 3)
    const fleet = new Fleet(t, { urls: nodes.map(({ url }) => url), clients: 150, swarms: 15 })
    assert.equal(await fleet.untilReached(fleet.size, PATIENCE_MS), fleet.size)
    const [dead, ...others] = nodes
    fleet.urls = others.map(({ url }) => url)
    fleet.mark()
    dead!.process.kill('SIGKILL')
    const reached = await fleet.untilReached(fleet.size, LEASE_MS + 10_000)
    assert.ok(reached >= 0.99 * fleet.size, `${reached} of ${fleet.size} reached a peer`)
    t.diagnostic(
      `${reached} of ${fleet.size}, the last after ${Math.round(fleet.delays.at(-1)!)} ms, lease ${LEASE_MS} ms`,
    )
    for (const node of others) assert.equal((await statsOf(node)).cluster.nodes, 2)
  })

  it('serve their own clients while Redis stands still, say so, and find each other again', {
    timeout: 90_000,
  }, async t => {
    const redis = await startRedis(t)
    const nodes = await startNodes(t, redis, 2)
    const local = [await connect(t, nodes[0]!), await connect(t, nodes[0]!)] as const
    const far = await connect(t, nodes[1]!)
    await assertMeet(local[0], far, ['l0', 'far'])
    redis.process.kill('SIGSTOP')
    t.after(() => redis.process.kill('SIGCONT'))
    // Asked of an owner that is out of reach, and answered by its own node in time.
    for (const [n, info_hash] of hashes.entries()) await local[1].ask(bareAnnounce(`l${n}`, { info_hash, numwant: 0 }))
    for (const node of nodes) await until('degraded', async () => (await healthOf(node)) === 'degraded')
    const alone = [await connect(t, nodes[0]!), await connect(t, nodes[0]!)] as const
    for (const info_hash of hashes) {
      await alone[0].ask(bareAnnounce('x', { info_hash }))
      assert.ok(Number((await alone[1].ask(bareAnnounce('y', { info_hash }))).incomplete) >= 3)
    }
    redis.process.kill('SIGCONT')
    for (const node of nodes)
      await until('healed', async () => (await healthOf(node)) === 'ok' && (await statsOf(node)).cluster.nodes === 2)
    const last = await connect(t, nodes[1]!)
    for (const info_hash of hashes) {
      await until('all members are known again', async () => {
        const { files } = (await last.ask({ action: 'scrape', info_hash })) as {
          files: Record<string, { incomplete: number }>
        }
        return files[info_hash]!.incomplete >= 4
      })
    }
  })

  it('hand their swarms over before they stop', { timeout: 120_000 }, async t => {
    const nodes = await startNodes(t, await startRedis(t), 2)
    const stays = await connect(t, nodes[1]!)
    const leaves = await connect(t, nodes[0]!)
    for (const info_hash of hashes) {
      await stays.ask(bareAnnounce('stays', { info_hash }))
      await leaves.ask(bareAnnounce('leaves', { info_hash, extensions: ['shutdown'] }))
    }
    const told = leaves.messages.length
    nodes[0]!.process.kill('SIGTERM')
    // Everything was handed over when clients are told.
    await leaves.received(told + 1)
    assert.deepEqual(leaves.messages[told], { action: 'shutdown', seconds: 1 })
    const third = await connect(t, nodes[1]!)
    for (const info_hash of hashes) assert.equal((await third.ask(bareAnnounce('third', { info_hash }))).incomplete, 3)
    const [code] = await once(nodes[0]!.process, 'exit')
    assert.equal(code, 0)
    await until('one node', async () => (await statsOf(nodes[1]!)).cluster.nodes === 1)
    for (const info_hash of hashes) assert.equal((await third.ask(bareAnnounce('third', { info_hash }))).incomplete, 2)
  })
})

describe('workers', () => {
  it('share a port and are one tracker, one of them may die, and all stop together', { timeout: 120_000 }, async t => {
    const tracker = await startShoalTracker(t, { args: ['--workers', '2', '--drain', '1', ...QUIET] })
    await until('both workers', async () => {
      // Whoever answers: connections go to one after the other.
      const all = await Promise.all(Array.from({ length: 4 }, () => statsOf(tracker)))
      return all.every(({ cluster }) => cluster.nodes === 2)
    })
    const names = Array.from({ length: 8 }, (_, n) => `w${n}`)
    const sockets = await Promise.all(names.map(() => connect(t, tracker)))
    for (const [n, socket] of sockets.entries()) {
      for (const info_hash of hashes)
        assert.equal((await socket.ask(bareAnnounce(names[n]!, { info_hash }))).incomplete, n + 1)
    }
    const metrics = await (await fetch(`${tracker.url.replace('ws', 'http')}/metrics`)).text()
    for (const line of ['shoal_connections 8', 'shoal_messages_total{kind="announce"} 48'])
      assert.ok(metrics.split('\n').includes(line), `${line} in:\n${metrics}`)
    const { pid } = tracker.process
    const [worker] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    process.kill(Number(worker), 'SIGKILL')
    await until('another takes its place', async () => {
      // A connection may be handed to the one that dies.
      const stats = await statsOf(tracker, 2_000).catch(() => undefined)
      return stats?.cluster.nodes === 2 && !existsSync(`/proc/${worker}`)
    })
    const newcomer = await connect(t, tracker)
    for (const info_hash of hashes) await newcomer.ask(bareAnnounce('new', { info_hash }))
    tracker.process.kill('SIGTERM')
    const [code] = await once(tracker.process, 'exit')
    assert.equal(code, 0)
    for (const socket of sockets) await socket.closed
  })
})
