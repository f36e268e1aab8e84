/** The contract of connections, over WebRTC in Node; and what strangers at the other end may do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Channel, type ChannelSignal, openChannel } from '../../src/net/channel.ts'
import { connectionContract } from './connection.ts'
import { connectedPair, connectionToChannel, greetingOf } from './loopback.ts'

for (const trickle of [true, false]) {
  connectionContract(`WebRTC, ${trickle ? 'trickling' : 'candidates in the offer'}`, {
    connect: ({ v2 }) => connectedPair({ trickle, greetings: [{ v2: v2[0] }, { v2: v2[1] }] }),
  })
}

test('a peer that wants another torrent is refused', async () => {
  const greetings = [{}, { infoHash: new Uint8Array(20).fill(9) }] as const
  await assert.rejects(connectedPair({ greetings }), /another torrent|closed|aborted/i)
})

test('a connection to ourselves is refused', async () => {
  const greetings = [{}, { peerId: greetingOf(0).peerId }] as const
  await assert.rejects(connectedPair({ greetings }), /is us|closed|aborted/i)
})

const STRANGERS: [string, (send: (bytes: Uint8Array) => void) => void, RegExp][] = [
  ['speaks HTTP', send => send(new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')), /BitTorrent/],
  [
    'announces 2 GiB',
    send => {
      send(handshake())
      send(Uint8Array.of(0x80, 0, 0, 0))
    },
    /2147483648/,
  ],
  [
    'floods with requests',
    send => {
      send(handshake())
      const request = Uint8Array.of(0, 0, 0, 13, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0)
      const flood = new Uint8Array(request.length * 6000)
      for (let at = 0; at < flood.length; at += request.length) flood.set(request, at)
      send(flood)
    },
    /without waiting/,
  ],
]
for (const [what, act, reason] of STRANGERS) {
  test(`a stranger that ${what} is shown the door`, async () => {
    let requests = 0
    const ended = new Promise<string>(resolve => {
      const { channel } = connectionToChannel(
        {
          open: () => act(bytes => channel.send(bytes)),
          message: () => {},
          drained: () => {},
          closed: () => {},
        },
        {
          opened: connection => connection.start({ message: () => requests++, writable: () => {}, closed: resolve }),
          failed: resolve,
        },
      )
    })
    assert.match(await ended, reason)
    assert(requests <= 4096)
  })
}

test('an offerer in Node names its candidates when it has the answer: earlier checks would race with it', async () => {
  const before: string[] = []
  let isAnswered = false
  await channelToChannel({
    toAnswerer(signal) {
      if (signal.type === 'offer') assert.doesNotMatch(signal.sdp, /a=candidate/)
      else if (!isAnswered) before.push(signal.type)
      return signal
    },
    toOfferer(signal) {
      if (signal.type === 'answer') isAnswered = true
      return signal
    },
  })
  assert.deepEqual(before, [])
})

test('a connection that fails ends at once', { timeout: 15_000 }, async () => {
  const otherFingerprint = (sdp: string): string =>
    sdp.replace(/(a=fingerprint:sha-256 )\S+/, `$1${'AB:'.repeat(31)}AB`)
  const ended = channelToChannel({
    toAnswerer: signal => signal,
    toOfferer: signal => (signal.type === 'answer' ? { ...signal, sdp: otherFingerprint(signal.sdp) } : signal),
  })
  await assert.rejects(ended, /failed|closed/i)
})

interface Couriers {
  toAnswerer(signal: ChannelSignal): ChannelSignal
  toOfferer(signal: ChannelSignal): ChannelSignal
}

/** Resolves when the offerer's channel is open, rejects when it ends. */
async function channelToChannel({ toAnswerer, toOfferer }: Couriers): Promise<void> {
  const ends: Channel[] = []
  const open = (initiator: boolean, signal: (signal: ChannelSignal) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const closed = (reason: string): void => reject(new Error(reason))
      const events = { signal, open: resolve, message: () => {}, drained: () => {}, closed }
      ends.push(openChannel({ initiator, trickle: true, iceServers: [] }, events))
    })
  const offerer = open(true, signal => ends[1]!.signal(toAnswerer(signal)))
  const answerer = open(false, signal => ends[0]!.signal(toOfferer(signal)))
  answerer.catch(() => {})
  try {
    await offerer
  } finally {
    for (const end of ends) end.close()
  }
}

function handshake(): Uint8Array {
  const bytes = new Uint8Array(68)
  bytes.set(new TextEncoder().encode('\x13BitTorrent protocol'))
  bytes[25] = 0x10
  bytes[27] = 0x04
  bytes.set(greetingOf(0).infoHash, 28)
  bytes.set(greetingOf(7).peerId, 48)
  return bytes
}
