/** Watches what a page's heap grows by. */
import type { CDPSession, Page } from 'puppeteer-core'
import type { Row } from './bench.ts'

const SAMPLE_EVERY_MS = 250

export interface HeapWatch {
  /** Peak so far over the start, in MB. */
  growthMB(): number
  stop(): Promise<{ peakMB: number; remainingMB: number }>
}

/** Samples JavaScript objects, DOM and ArrayBuffers of a page, its workers and others. Garbage counts, as it does for people. */
export async function watchHeap(page: Page, others: readonly CDPSession[] = []): Promise<HeapWatch> {
  const session = await page.createCDPSession()
  const measure = (): Promise<number> => heapBytes([session, ...page.workers().map(worker => worker.client), ...others])
  await session.send('HeapProfiler.collectGarbage')
  const baseline = await measure()
  let peak = baseline
  let isStopped = false
  const sampling = (async () => {
    while (!isStopped) {
      peak = Math.max(peak, await measure())
      await new Promise(resolve => setTimeout(resolve, SAMPLE_EVERY_MS))
    }
  })()
  return {
    growthMB: () => (peak - baseline) / 1e6,
    async stop() {
      isStopped = true
      await sampling
      await session.send('HeapProfiler.collectGarbage')
      const remaining = await measure()
      return { peakMB: (peak - baseline) / 1e6, remainingMB: (remaining - baseline) / 1e6 }
    },
  }
}

async function heapBytes(isolates: readonly CDPSession[]): Promise<number> {
  // A worker may end while it is asked.
  const usages = await Promise.all(isolates.map(client => client.send('Runtime.getHeapUsage').catch(() => undefined)))
  let bytes = 0
  for (const usage of usages) {
    if (usage) bytes += usage.usedSize + usage.embedderHeapUsedSize + usage.backingStorageSize
  }
  return bytes
}

export function heapRows(
  what: string,
  growthMBMax: number,
  { peakMB, remainingMB }: { peakMB: number; remainingMB: number },
): Row[] {
  return [
    { what: `${what}, heap growth at its peak`, values: [peakMB], unit: 'MB', goal: { atMost: growthMBMax } },
    { what: `${what}, heap growth that remains`, values: [remainingMB], unit: 'MB' },
  ]
}
