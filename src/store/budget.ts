/** How many bytes a store may use when nobody says. */
import { STORE_LIMITS } from '../options.ts'

/**
 * Half of what the origin may still use, counting what Shoal uses already, and 4 GiB at most.
 *
 * A person's download should fit, so a fixed small number won't do. Half, because browsers evict the data of an origin all
 * at once or not at all: the site's own data must never go because of ours.
 */
export async function defaultBudgetBytes(usedBytes: number): Promise<number> {
  const { quota, usage = 0 } = await estimate()
  if (quota === undefined) return STORE_LIMITS.budgetBytesUnknown
  const freeBytes = Math.max(0, quota - Math.max(0, usage - usedBytes))
  return Math.min(STORE_LIMITS.budgetBytesMax, Math.floor(freeBytes * STORE_LIMITS.budgetQuotaShare))
}

/** What the browser says of its quota, in bytes: nothing where it does not tell. */
export async function estimate(): Promise<StorageEstimate> {
  try {
    return await navigator.storage.estimate()
  } catch {
    return {}
  }
}
