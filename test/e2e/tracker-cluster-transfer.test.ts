/** Files go from peer to peer though each knows another node of the tracker, and go on when a node dies. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { Shoal } from '../../src/node/index.ts'
import { missingRedis, startRedis } from '../support/redis.ts'
import { launchBrowser } from './support/browser.ts'
import { payloadFile } from './support/content.ts'
import { payloadBytes } from './support/payload.ts'
import { assertArrived, PEER_MODULES, shoalInNode, webTorrentInPage, within } from './support/peers.ts'
import { fileScope } from './support/scope.ts'
import { startSite } from './support/site.ts'
import { PATIENCE_MS, startNodes } from './support/tracker-nodes.ts'

const missing = missingRedis()

describe('over two nodes that share a Redis', { skip: missing ?? false }, () => {
  const scope = fileScope()
  const nodes = startRedis(scope).then(redis => startNodes(scope, redis, 2))
  const browser = launchBrowser(scope, 'chromium')
  const site = startSite(scope, { modules: PEER_MODULES })

  for (const seeding of ['WebTorrent', 'Shoal'] as const) {
    it(`WebTorrent downloads from ${seeding}, of the other node`, async t => {
      const [one, other] = (await nodes).map(({ url }) => [url])
      const ground = { browser: await browser, siteUrl: (await site).url }
      const seeder =
        seeding === 'Shoal'
          ? shoalInNode(t, 'seeding', { trackers: one! })
          : await webTorrentInPage(t, 'seeding', { ...ground, trackers: one! })
      const leech = await webTorrentInPage(t, 'downloading', { ...ground, trackers: other! })
      await within(PATIENCE_MS, 'downloading', [seeder, leech], async () => {
        const content = payloadFile('payload.bin', { seed: 5, length: 1_000_001 })
        const { infoHash } = await seeder.seed(content, { version: 'hybrid' })
        // Without the seeder's own link, which names its node.
        assertArrived(await leech.download({ magnet: `magnet:?xt=urn:btih:${infoHash}` }), content)
        for (const node of await nodes) assert.equal(await connectionsOf(node), 1)
      })
    })
  }

  it('a transfer does not notice when the node of one of the two is killed', async t => {
    const [dies, stays] = await startNodes(t, await startRedis(t), 2)
    const payload = payloadBytes(5, 0, 6_000_001)
    const common = { iceServers: [], allowPrivateAddresses: true } as const
    const seeder = new Shoal({ ...common, trackers: [stays!.url], uploadBytesPerSecond: 3_000_000 })
    const leech = new Shoal({ ...common, trackers: [dies!.url] })
    t.after(() => Promise.all([leech.close(), seeder.close()]))
    const seed = seeder.seed([{ path: 'payload.bin', data: payload }])
    await seed.ready
    const torrent = leech.add(seed.infoHash)
    await once(torrent, 'piece')
    const noticed: unknown[] = []
    for (const each of [seed, torrent]) {
      each.addEventListener('error', ({ detail }) => noticed.push(detail))
      // They part when all is here. Had they lost each other before, somebody would have had to come again.
      each.addEventListener('peer', ({ detail }) => detail.peers > 0 && noticed.push(detail))
    }
    const missed = new Promise<number>(resolve =>
      torrent.addEventListener('tracker', ({ detail: { status } }) => {
        if (status.state === 'reconnecting') resolve(torrent.progress)
      }),
    )
    dies!.process.kill('SIGKILL')
    assert.ok((await missed) < 0.9, 'the transfer was under way when the node was gone')
    await torrent.done
    assert.ok(Buffer.from(await torrent.files[0]!.arrayBuffer()).equals(payload))
    assert.deepEqual(noticed, [])
  })
})

async function connectionsOf({ url }: { url: string }): Promise<number> {
  const metrics = await (await fetch(`${url.replace('ws', 'http')}/metrics`)).text()
  return Number(/^shoal_connections (\d+)$/m.exec(metrics)?.[1])
}
