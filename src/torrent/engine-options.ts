/** What a torrent's engine is given, and whom it tells. */
import type { Network, Origin, Store } from '../ports.ts'
import type { Share } from '../swarm/events.ts'
import type { Random } from '../swarm/random.ts'
import type { TorrentEvents } from './views.ts'

export interface EngineOptions {
  readonly peerId: string
  readonly network: Network
  readonly origin: Origin
  readonly store: Store
  readonly random: Random
  readonly trackers: readonly string[]
  readonly webSeeds: readonly string[]
  /** Files wanted at first. @default 'all' */
  readonly select?: 'all' | 'none'
  /** Remembered for `restore()`. */
  readonly isKept: boolean
}

/** What an engine tells its client. */
export interface EngineHost {
  /** The infohash is known. @returns it; a second torrent of it is refused. @throws ShoalError `duplicate-torrent` */
  identified(infoHash: string): string
  /** The engine's `demand` changed. */
  demanded(): void
  share(): Share
  closed(): void
}

/** Raises an event of the torrent. */
export type Emit = <Name extends keyof TorrentEvents>(name: Name, detail: TorrentEvents[Name]) => void
