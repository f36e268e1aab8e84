/** When a torrent announces itself, by its own clock: races that real sockets show once in a while. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Session } from '../../src/net/tracker-session.ts'
import { TRACKER_CLIENT_DEFAULTS } from '../../src/options.ts'
import type { TrackerRequest } from '../../src/protocol/tracker-request.ts'

it('asks at once for peers that came to be wanted before the reply to an announce that wanted none', async () => {
  let heard = (_request: TrackerRequest): void => {}
  const session = new Session(
    { infoHash: new Uint8Array(20), totals: () => ({ uploaded: 0, downloaded: 0, left: 1 }) },
    {
      status() {},
      found() {},
      iceServers() {},
      warning: assert.fail,
      makeOffers: assert.fail,
      offer() {},
      answer() {},
      candidate() {},
    },
    {
      url: 'ws://tracker.example',
      host: 'tracker.example',
      peerId: '-SH0100-somebody0000',
      timing: TRACKER_CLIENT_DEFAULTS,
      random: () => 0,
      isOpen: true,
      extensions: new Set(['dial']),
      send(request) {
        heard(request)
        return true
      },
      left: () => Promise.resolve(),
    },
  )
  session.joined()
  const asked = new Promise<TrackerRequest>(resolve => {
    heard = resolve
  })
  session.wanted(5)
  const { infoHash } = session
  session.announced({
    type: 'announced',
    infoHash,
    intervalSeconds: 120,
    seeds: 3,
    leeches: 1,
    peers: [],
    trickling: [],
  })
  const request = await asked
  assert.equal(request.type === 'announce' && request.peersWanted, 5)
  heard = () => {}
  await session.leave()
})
