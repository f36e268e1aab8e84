/** Who shakes hands first, on a channel that only takes notes: which side speaks when is not seen from outside. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CHANNEL_LIMITS } from '../../src/options.ts'
import type { Channel, ChannelEvents } from '../../src/net/channel.ts'
import { Connection } from '../../src/net/connection.ts'

const infoHash = new Uint8Array(20).fill(1)

class Notes implements Channel {
  readonly sent: Uint8Array[] = []
  readonly bufferedBytes = 0
  events!: Omit<ChannelEvents, 'signal'>
  signal(): void {}
  setLowWaterMark(): void {}
  close(): void {}
  send(bytes: Uint8Array): void {
    this.sent.push(bytes)
  }
  async route(): Promise<undefined> {}
}

function connect(initiator: boolean, id: number): { channel: Notes; connection: Connection } {
  const channel = new Notes()
  const connection = new Connection(
    {
      greeting: { infoHash, peerId: new Uint8Array(20).fill(id), v2: true },
      initiator,
      open: events => {
        channel.events = events
        return channel
      },
    },
    { opened() {}, failed: reason => assert.fail(reason) },
  )
  return { channel, connection }
}

/** What is sent leaves at the end of a turn. */
const turn = (): Promise<void> => Promise.resolve()

describe('the handshake', () => {
  it('is sent by whoever made the offer when the channel opens', async () => {
    const { channel, connection } = connect(true, 2)
    channel.events.open()
    await turn()
    assert.equal(channel.sent.length, 1)
    assert.equal(channel.sent[0]![0], 19)
    connection.close('done')
  })

  it('is answered by the other side when it comes, with the features of both', async () => {
    const [offerer, answerer] = [connect(true, 2), connect(false, 3)]
    offerer.channel.events.open()
    answerer.channel.events.open()
    await turn()
    assert.equal(answerer.channel.sent.length, 0)
    answerer.channel.events.message(offerer.channel.sent[0]!)
    assert.equal(answerer.connection.features.v2, true)
    await turn()
    assert.equal(answerer.channel.sent[0]![0], 19)
    offerer.channel.events.message(answerer.channel.sent[0]!)
    assert.equal(offerer.connection.features.v2, true)
    offerer.connection.close('done')
    answerer.connection.close('done')
  })

  it('is sent by the other side too when none comes', async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { channel, connection } = connect(false, 3)
    channel.events.open()
    t.mock.timers.tick(CHANNEL_LIMITS.greetingWaitMs - 1)
    await turn()
    assert.equal(channel.sent.length, 0)
    t.mock.timers.tick(1)
    await turn()
    assert.equal(channel.sent.length, 1)
    connection.close('done')
  })
})
