/** The WebSocket that the tracker client is given: it overhears the notice that the library keeps to itself. */
import type { WebSocketLike } from '../../src/net/tracker-types.ts'
import { parseTrackerReply } from '../../src/protocol/tracker-reply.ts'

/** The browser's, or that of `ws`. */
export type TrackerSockets = new (
  url: string,
) => WebSocketLike & {
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
}

/** @param onShutdown the tracker goes away within so many seconds, and its clients come back by themselves */
export function trackerSockets(Base: TrackerSockets, onShutdown: (seconds: number) => void): TrackerSockets {
  return class extends Base {
    constructor(url: string) {
      super(url)
      this.addEventListener('message', ({ data }) => {
        // Few messages are that: the others are not read twice.
        if (typeof data !== 'string' || data.length > 200 || !data.includes('shutdown')) return
        const reply = parseTrackerReply(data)
        if (reply.type === 'shutdown') onShutdown(reply.seconds)
      })
    }
  }
}
