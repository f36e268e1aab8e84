/**
 * How members find each other: by the library's tracker client and its WebRTC channels, without the peer wire, for a room is no
 * torrent. Whoever comes dials some of those whom the tracker names. When two dial each other at once the smaller peer id's offer
 * stands, as among the library's own peers.
 */
import { TrackerSocket } from '../../src/net/tracker-client.ts'
import type { Signal, TrackerEvents, TrackerSession } from '../../src/net/tracker-types.ts'
import type { TrackerStatus } from '../../src/ports.ts'
import { ROOM_LIMITS } from './limits.ts'
import { Path, type PathOptions } from './path.ts'
import type { FrameKind } from './room.ts'
import type { RoomKeys } from './secret.ts'
import { type TrackerSockets, trackerSockets } from './tracker-sockets.ts'

export interface MeetingOptions extends RoomKeys {
  /** `ws:` or `wss:`. */
  readonly tracker: string
  readonly WebSocket: TrackerSockets
  /** Signed: that one has left. Said when there is no time to say anything else. */
  readonly lastWord: Uint8Array
}

export interface MeetingEvents {
  status(status: TrackerStatus): void
  /** The tracker goes away within so many seconds. */
  shutdown(seconds: number): void
  /** So many others are here, as the tracker counts. */
  counted(others: number): void
  /** @param wasHere we dialled: whoever comes does */
  linked(link: number, wasHere: boolean): void
  frame(link: number, kind: FrameKind, bytes: Uint8Array<ArrayBuffer>): Promise<void>
  /** A link has ended, unless by `unlink`. */
  unlinked(link: number): void
}

export interface Meeting {
  send(link: number, kind: FrameKind, bytes: Uint8Array): void
  /** Ends a link once what was sent has left. */
  unlink(link: number): void
  /** Ends all links within this turn, by the last word: the page ends. */
  hangUp(): void
  /** Ends all links once what was sent has left, and says goodbye to the tracker. */
  close(): Promise<void>
}

export function meet(options: MeetingOptions, events: MeetingEvents): Meeting {
  const ownId = randomId()
  /** One for each peer, by its id: in the making, or linked. */
  const paths = new Map<string, Path>()
  /** Those of them that lead to members, by number. */
  const links = new Map<number, Path>()
  let count = 0
  let iceServers: readonly RTCIceServer[] = []
  const WebSocket = trackerSockets(options.WebSocket, events.shutdown)
  const socket = new TrackerSocket({ url: options.tracker, peerId: ownId, WebSocket, random: Math.random })

  function begin(wish: Pick<PathOptions, 'peerId' | 'offerId' | 'isOfferer' | 'trickle'>): Path {
    const link = ++count
    const path = new Path(
      { ...wish, session, iceServers, material: options.linkMaterial, lastWord: options.lastWord },
      {
        linked() {
          links.set(link, path)
          events.linked(link, wish.isOfferer)
        },
        frame: (kind, bytes) => events.frame(link, kind, bytes),
        ended: () => forget(path, link),
      },
    )
    paths.set(wish.peerId, path)
    want()
    return path
  }

  function forget(path: Path, link: number | undefined = numberOf(path)): void {
    if (paths.get(path.peerId) === path) paths.delete(path.peerId)
    want()
    if (link !== undefined && links.delete(link)) events.unlinked(link)
  }

  function numberOf(path: Path): number | undefined {
    return [...links].find(([, other]) => other === path)?.[0]
  }

  /** Whether an offer is to be let go: ours to the same peer, which it has not seen when it made its own, stands. */
  function hasCrossed(pending: Path, { peerId }: Signal): boolean {
    return pending.isOfferer && !pending.isAnswered && pending.isDescribed && ownId < peerId
  }

  function want(): void {
    session.wanted(Math.max(0, ROOM_LIMITS.dialsMax - paths.size))
  }

  const trackerEvents: TrackerEvents = {
    found(peerIds, trickling, members) {
      if (Number.isFinite(members)) events.counted(Math.max(0, members - 1))
      for (const peerId of peerIds) {
        if (paths.size >= ROOM_LIMITS.dialsMax) return
        if (peerId === ownId || paths.has(peerId)) continue
        begin({ peerId, offerId: randomId(), isOfferer: true, trickle: trickling.has(peerId) })
      }
    },
    gone(peerId) {
      const path = paths.get(peerId)
      if (path?.isOfferer !== true || path.isAnswered) return
      path.close()
      forget(path)
    },
    offer(offer) {
      const { peerId, offerId, sdp, trickle } = offer
      const former = paths.get(peerId)
      if (former === undefined ? paths.size >= ROOM_LIMITS.linksMax : hasCrossed(former, offer)) return
      // A member offers only while it has no connection to us: one that we still have is dead.
      former?.close()
      if (former !== undefined) forget(former)
      begin({ peerId, offerId, isOfferer: false, trickle }).take({ type: 'offer', sdp })
    },
    answer({ peerId, offerId, sdp }) {
      const path = paths.get(peerId)
      if (path?.offerId === offerId) path.take({ type: 'answer', sdp })
    },
    candidate({ peerId, offerId, candidate }) {
      const path = paths.get(peerId)
      if (path?.offerId === offerId) path.take({ type: 'candidate', candidate })
    },
    // Asked of trackers without `dial`; that of this page has it.
    makeOffers: async () => [],
    iceServers(servers) {
      iceServers = servers
    },
    status: events.status,
    warning: () => undefined,
  }
  const { infoHash } = options
  const totals = (): { uploaded: number; downloaded: number; left: null } => ({
    uploaded: 0,
    downloaded: 0,
    left: null,
  })
  const session: TrackerSession = socket.join({ infoHash, totals }, trackerEvents)
  want()

  /** What was sent is let go where nobody takes it for so long. */
  async function closeGently(path: Path): Promise<void> {
    const patience = new Promise<void>(resolve => setTimeout(resolve, ROOM_LIMITS.farewellMs))
    await Promise.race([path.drained(), patience])
    path.close()
    forget(path)
  }

  return {
    send: (link, kind, bytes) => links.get(link)?.send(kind, bytes),
    unlink(link) {
      const path = links.get(link)
      if (path === undefined) return
      links.delete(link)
      void closeGently(path)
    },
    hangUp() {
      for (const path of paths.values()) path.hangUp()
    },
    async close() {
      const open = [...paths.values()]
      // Nobody is to be sent here any more.
      const left = session.leave()
      await Promise.all([left, ...open.map(path => (numberOf(path) === undefined ? path.close() : closeGently(path)))])
      links.clear()
      paths.clear()
    },
  }
}

/** 20 characters of latin-1, as trackers name peers and offers. */
function randomId(): string {
  return String.fromCharCode(...crypto.getRandomValues(new Uint8Array(20)))
}
