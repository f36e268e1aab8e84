/** Somebody who knows where a room meets, as its tracker does, and has not its secret. */
import WebSocket from 'ws'
import { type Channel, openChannel } from '../../../src/net/channel.ts'
import { TrackerSocket } from '../../../src/net/tracker-client.ts'
import type { TrackerEvents } from '../../../src/net/tracker-types.ts'
import type { Lifetime } from './scope.ts'

const DIALS_MAX = 5

export interface Stranger {
  /** What members have sent, a message each, once the connection was ended by them. */
  readonly heard: Promise<readonly Uint8Array[]>
}

/**
 * Dials a member of the swarm, and talks to it.
 * @param says what it sends when the channel is open, and after each message that it hears; undefined: nothing
 */
export function stranger(
  lifetime: Lifetime,
  {
    tracker,
    infoHash,
    says,
  }: { tracker: string; infoHash: Uint8Array; says: (heardCount: number) => Uint8Array | undefined },
): Stranger {
  const random = (): string => String.fromCharCode(...crypto.getRandomValues(new Uint8Array(20)))
  let offerId = ''
  let dials = 0
  const heard: Uint8Array[] = []
  let channel: Channel | undefined
  let end: (heard: readonly Uint8Array[]) => void
  const ended = new Promise<readonly Uint8Array[]>(resolve => (end = resolve))
  const speak = (): void => {
    const bytes = says(heard.length)
    if (bytes !== undefined) channel?.send(bytes)
  }
  const socket = new TrackerSocket({
    url: tracker,
    peerId: random(),
    WebSocket: WebSocket as unknown as ConstructorParameters<typeof TrackerSocket>[0]['WebSocket'],
    random: Math.random,
  })
  const dial = (toPeerId: string): void => {
    let isOpen = false
    offerId = random()
    dials++
    channel = openChannel(
      { initiator: true, trickle: false, iceServers: [] },
      {
        signal(signal) {
          if (signal.type !== 'candidate') {
            session.signal({ type: signal.type, toPeerId, offerId, sdp: signal.sdp, trickle: false })
          }
        },
        open() {
          isOpen = true
          speak()
        },
        message(bytes) {
          heard.push(bytes.slice())
          speak()
        },
        drained: () => undefined,
        closed() {
          // Where a peer is near, libdatachannel may see its certificate before it knows the fingerprint of its answer, and refuses it (its pull request 1612).
          if (!isOpen && dials < DIALS_MAX) return dial(toPeerId)
          // Others are not to find it instead of members.
          void session.leave().then(() => end(heard))
        },
      },
    )
  }
  const events: TrackerEvents = {
    found([toPeerId]) {
      if (toPeerId !== undefined && channel === undefined) dial(toPeerId)
    },
    offer: () => undefined,
    answer: ({ sdp }) => channel?.signal({ type: 'answer', sdp }),
    candidate: ({ candidate }) => channel?.signal({ type: 'candidate', candidate }),
    makeOffers: async () => [],
    iceServers: () => undefined,
    status: () => undefined,
    warning: () => undefined,
  }
  const session = socket.join({ infoHash, totals: () => ({ uploaded: 0, downloaded: 0, left: null }) }, events)
  session.wanted(1)
  lifetime.after(async () => {
    channel?.close()
    await session.leave()
  })
  return { heard: ended }
}
