/** What pages of the site have loaded, and from where: the browser's own record (Resource Timing), of listed files. */
import type { SiteFile } from '../manifest-fields.ts'
import type { Loaded } from './words.ts'

/** Files that are looked at for how fast the server is: smaller ones tell of its distance alone. */
const TELLING_BYTES = 64 * 1024

export class Resources {
  /** Bytes that plain HTTP brought, and the browser's own cache. */
  originBytes = 0
  cacheBytes = 0
  /** Bytes that the worker gave to pages, wherever it had them from. */
  workerBytes = 0
  /** Bytes a second of the last file that told; undefined: none yet. */
  originRate: number | undefined

  /** @returns from where it came, and how much */
  count(
    file: SiteFile,
    { transferBytes, bodyBytes, durationMs, isByWorker }: Loaded,
  ): ['worker' | 'origin' | 'cache', number] {
    // A part of a file, where it was played or read in parts.
    const bytes = Math.min(bodyBytes || file.contentLength, file.contentLength)
    if (isByWorker) {
      this.workerBytes += bytes
      return ['worker', bytes]
    }
    if (transferBytes === 0) {
      this.cacheBytes += bytes
      return ['cache', bytes]
    }
    this.originBytes += transferBytes
    if (transferBytes >= TELLING_BYTES && durationMs > 0) this.originRate = (transferBytes / durationMs) * 1000
    return ['origin', transferBytes]
  }
}

/** Tells of what this page has loaded, and loads. @returns how to stop */
export function watchResources(base: string, tell: (resources: readonly Loaded[]) => void): () => void {
  if (!globalThis.PerformanceObserver) return () => {}
  const observer = new PerformanceObserver(list => {
    const entries = list.getEntries() as PerformanceResourceTiming[]
    const resources = entries
      .filter(({ name }) => name.startsWith(base))
      .map(({ name, transferSize, encodedBodySize, duration, workerStart }) => ({
        url: name,
        transferBytes: transferSize,
        bodyBytes: encodedBodySize,
        durationMs: duration,
        isByWorker: workerStart > 0,
      }))
    if (resources.length > 0) tell(resources)
  })
  observer.observe({ type: 'resource', buffered: true })
  return () => observer.disconnect()
}
