/** What a page has loaded, and from where: the browser's own record (Resource Timing). */
import type { Loaded } from './words.ts'

/** Tells of what this page has loaded, and loads. @returns how to stop */
export function watchResources(base: string, tell: (resources: readonly Loaded[]) => void): () => void {
  if (!globalThis.PerformanceObserver) return () => {}
  const observer = new PerformanceObserver(list => {
    const entries = list.getEntries() as PerformanceResourceTiming[]
    const resources = entries
      .filter(({ name }) => name.startsWith(base))
      .map(entry => ({
        url: entry.name,
        transferBytes: entry.transferSize,
        bodyBytes: entry.encodedBodySize,
        durationMs: entry.duration,
        isByWorker: isByWorker(entry),
        isByScript: entry.initiatorType === 'fetch',
        // A film's request, when enough of it is loaded to begin with.
        isBrokenOff: entry.responseStatus === 0 && entry.encodedBodySize === 0,
      }))
    if (resources.length > 0) tell(resources)
  })
  observer.observe({ type: 'resource', buffered: true })
  return () => observer.disconnect()
}

/** Of what a worker makes itself nothing is transferred. Firefox tells neither of workers nor of such bodies. */
function isByWorker(entry: PerformanceResourceTiming & { readonly workerFinalSourceType?: string }): boolean {
  const { transferSize, encodedBodySize, workerStart, workerFinalSourceType } = entry
  if (transferSize > 0) return false
  return workerStart > 0 ? workerFinalSourceType !== 'network' : encodedBodySize === 0
}
