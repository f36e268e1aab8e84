/**
 * The client's side of one tracker: ONE WebSocket, shared by all torrents of a client.
 */
import type { Announcement, TrackerClientOptions, TrackerEvents, TrackerSession } from './tracker-types.ts'

export type * from './tracker-types.ts'

export declare class TrackerSocket {
  constructor(options: TrackerClientOptions)
  join(announcement: Announcement, events: TrackerEvents): TrackerSession
  close(): Promise<void>
}
