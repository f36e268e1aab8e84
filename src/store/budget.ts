/** How many bytes a store may use when nobody says. */
import { STORE_LIMITS } from '../options.ts'

/**
 * Half of what the origin may still use, counting what Shoal uses already, and 4 GiB at most.
 *
 * A person's download should fit, so a fixed small number won't do. Half, because browsers evict the data of an origin all
 * at once or not at all: the site's own data must never go because of ours.
 */
export async function defaultBudgetBytes(usedBytes: number): Promise<number> {
  const { quotaBytes, usageBytes = 0 } = await estimate()
  if (quotaBytes === undefined) return STORE_LIMITS.budgetBytesUnknown
  const freeBytes = Math.max(0, quotaBytes - Math.max(0, usageBytes - usedBytes))
  return Math.min(STORE_LIMITS.budgetBytesMax, Math.floor(freeBytes * STORE_LIMITS.budgetQuotaShare))
}

/** What the browser says of its quota: nothing where it does not tell. */
export async function estimate(): Promise<{ quotaBytes?: number; usageBytes?: number }> {
  try {
    const { quota, usage } = await navigator.storage.estimate()
    return { ...(quota !== undefined && { quotaBytes: quota }), ...(usage !== undefined && { usageBytes: usage }) }
  } catch {
    return {}
  }
}
