/** Two ends of a real WebRTC connection in one process or page, signaled by hand. */
import { openChannel, type ChannelEvents, type Channel, type ChannelSignal } from '../../src/net/channel.ts'
import { Connection, type Greeting } from '../../src/net/connection.ts'

export interface LoopbackOptions {
  readonly greetings?: readonly [Partial<Greeting>, Partial<Greeting>]
  /** @default true */
  readonly trickle?: boolean
}

const INFO_HASH = new Uint8Array(20).fill(0x11)

export function greetingOf(index: number, overrides: Partial<Greeting> = {}): Greeting {
  return { infoHash: INFO_HASH, peerId: new Uint8Array(20).fill(0x41 + index), v2: true, ...overrides }
}

/** The initiator and the other, past their handshakes, not started. Rejects with the reason when one fails. */
export function connectedPair({
  greetings = [{}, {}],
  trickle = true,
}: LoopbackOptions = {}): Promise<[Connection, Connection]> {
  return new Promise((resolve, reject) => {
    const opened: Connection[] = []
    const connections: Connection[] = greetings.map((overrides, index) => {
      const greeting = greetingOf(index, overrides)
      const initiator = index === 0
      const open = (events: Omit<ChannelEvents, 'signal'>): Channel =>
        openChannel(
          { initiator, trickle, iceServers: [] },
          { ...events, signal: toOther(() => connections[1 - index]) },
        )
      return new Connection(
        { greeting, initiator, open },
        {
          opened(connection) {
            opened[index] = connection
            const [first, second] = opened
            if (first !== undefined && second !== undefined) resolve([first, second])
          },
          failed(reason) {
            for (const connection of connections) connection.close('The other side failed.')
            reject(new Error(reason))
          },
        },
      )
    })
  })
}

/** A connection of ours, and the bare channel that it talks to. */
export function connectionToChannel(
  events: Omit<ChannelEvents, 'signal'>,
  outcome: { opened?(connection: Connection): void; failed?(reason: string): void } = {},
): { connection: Connection; channel: Channel } {
  const channel: Channel = openChannel(
    { initiator: true, trickle: true, iceServers: [] },
    { ...events, signal: toOther(() => connection) },
  )
  const connection: Connection = new Connection(
    {
      greeting: greetingOf(0),
      initiator: false,
      open: inner =>
        openChannel({ initiator: false, trickle: true, iceServers: [] }, { ...inner, signal: toOther(() => channel) }),
    },
    { opened: connection => outcome.opened?.(connection), failed: reason => outcome.failed?.(reason) },
  )
  return { connection, channel }
}

function toOther(other: () => { signal(signal: ChannelSignal): void } | undefined): (signal: ChannelSignal) => void {
  return signal => other()?.signal(signal)
}
