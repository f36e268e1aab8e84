/** In Node, torrents of strangers do not make us connect to what only this machine or its network can reach. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { createTorrent, encodeTorrent, type NodeShoalOptions, Shoal, type Torrent } from '../../src/node/index.ts'
import { startTracker } from '../../tracker/index.ts'

const tracker = await startTracker({ port: 0 })
after(() => tracker.close())
const { port } = tracker
const here = `ws://localhost:${port}`

const HASH = 'ab'.repeat(20)

function magnetOf(url: string): string {
  return `magnet:?xt=urn:btih:${HASH}&tr=${encodeURIComponent(url)}`
}

function client(t: { after(cleanup: () => unknown): void }, options: NodeShoalOptions = {}): Shoal {
  const shoal = new Shoal(options)
  t.after(() => shoal.close())
  return shoal
}

/** How its first tracker was found. */
function outcome(torrent: Torrent): Promise<'connected' | string> {
  return new Promise(resolve => {
    torrent.addEventListener('tracker', ({ detail: { status } }) => {
      if (status.state === 'connected') resolve(status.state)
    })
    torrent.addEventListener('warning', ({ detail: { error } }) => resolve(error.message))
  })
}

describe('a tracker that only a torrent names', () => {
  const addresses = [
    'localhost',
    '127.0.0.1',
    '127.8.8.8',
    '0x7f.1',
    '2130706433',
    '0.0.0.0',
    '[::1]',
    '[::ffff:127.0.0.1]',
  ]
  for (const host of [...addresses, '10.0.0.1', '192.168.1.1', '169.254.169.254', '[fe80::1]']) {
    it(`is not connected to at ${host}, and the person is told`, async t => {
      const heard = await outcome(client(t).add(magnetOf(`ws://${host}:${port}`)))
      assert.match(heard, /is not a public address; name the tracker yourself/)
      assert.equal(tracker.stats().connections, 0)
    })
  }

  it('is not connected to over TLS either', async t => {
    for (const host of ['localhost', '127.0.0.1'])
      assert.match(await outcome(client(t).add(magnetOf(`wss://${host}:${port}`))), /is not a public address/)
  })

  it('is not connected to where a .torrent names it', async t => {
    const made = await createTorrent([{ path: 'a.bin', data: new Blob(['a']) }], { trackers: [here] })
    assert.match(await outcome(client(t).add(encodeTorrent(made))), /is not a public address/)
  })

  it('is connected to where private addresses are allowed', async t => {
    assert.equal(await outcome(client(t, { allowPrivateAddresses: true }).add(magnetOf(here))), 'connected')
  })
})

describe('a tracker that the user names', () => {
  it('may be on this machine: for the client', async t => {
    assert.equal(await outcome(client(t, { trackers: [here] }).add(HASH)), 'connected')
  })

  it('for one torrent, and then others may name it too, written otherwise', async t => {
    const shoal = client(t)
    assert.equal(await outcome(shoal.add(HASH, { trackers: [here] })), 'connected')
    const other = `magnet:?xt=urn:btih:${'cd'.repeat(20)}&tr=${encodeURIComponent(`WS://LOCALHOST:${port}/`)}`
    assert.equal(await outcome(shoal.add(other)), 'connected')
  })

  it('for files that it seeds, in tiers that are read once', async t => {
    function* tiers() {
      yield [here]
    }
    const torrent = client(t).seed([{ path: 'a.bin', data: new Uint8Array(5) }], { trackers: tiers() })
    assert.equal(await outcome(torrent), 'connected')
    assert.deepEqual(torrent.trackers.length, 1)
  })
})
