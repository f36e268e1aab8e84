/** Where a seeder gets a site from: the folder that is served, or the server. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '../../ports.ts'
import type { Manifest } from '../../site/manifest.ts'
import type { SiteSwarm } from '../../site/swarms.ts'

export interface SiteSource {
  /**
   * The deploy that holds now; undefined: it is that of the last look, and so is what there is of it.
   * @param heard a pointer that a tracker brought, and that can be believed
   * @throws ShoalError `site-…` when it is refused, `web-seed-failed` when it cannot be had
   */
  look(heard?: Uint8Array): Promise<Deploy | undefined>
  /** Resolves when it is worth looking again, or when `wake` is aborted. */
  changed(wake: AbortSignal): Promise<void>
  /** What each swarm of a deploy is seeded from. */
  supply(manifest: Manifest): Promise<Supply[]>
  /** All of this deploy is here: what only earlier ones had can go. */
  settle(manifest: Manifest): Promise<void>
  close(): Promise<void>
}

/** The owner says that nothing holds, or which manifest does. */
export type Deploy =
  | { readonly kind: 'killed'; readonly version: number }
  | { readonly kind: 'manifest'; readonly manifest: Manifest }

export interface Supply {
  /** While it stays the same from deploy to deploy, the swarm goes on as it is. */
  readonly key: string
  readonly swarm: SiteSwarm
  readonly store: Store
  /** Whether what is missing is fetched. */
  readonly isFetched: boolean
}

/** What a swarm is, but for the files it is seeded from. */
export function swarmKey({ id, metainfo }: SiteSwarm): string {
  return [id, ...metainfo.trackers.flat()].join(' ')
}

/** After a failure it is tried again soon, and less and less often: 2 s, 4 s, … */
export function retryMs(failures: number): number {
  return failures === 0 ? Number.POSITIVE_INFINITY : 1000 * 2 ** failures
}

/** Resolves after a time, or when `wake` is aborted. @throws the reason of `stop` */
export async function pause(ms: number, stop: AbortSignal, wake: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: AbortSignal.any([stop, wake]) }).catch(() => undefined)
  stop.throwIfAborted()
}

/** A store that remembers no torrents: the manifest names them anew. */
export function storeOf(open: Store['open'], close: Store['close'] = async () => undefined): Store {
  return {
    open,
    close,
    remember: async () => undefined,
    recall: async () => undefined,
    recallAll: async () => [],
    forget: async () => undefined,
  }
}
