/** Saving through the browser's own downloads. */
import type { FileUrls } from '../../src/urls/index.ts'
import type { StreamWatch } from './exact-stream.ts'

/** Something to be saved under a name: a file, or the ZIP of several. */
export interface Saved {
  readonly name: string
  readonly lengthBytes: number
  stream(watch: StreamWatch): ReadableStream<Uint8Array>
}

/** How long a Blob's URL is kept for the browser to start its download, which says nothing back. */
const BLOB_URL_LIFETIME_MS = 60_000
const BLOB_PART_BYTES = 8 * 1024 * 1024
/** For the browser to ask for what it is to save. */
const BEGINNING_MS = 30_000

/**
 * Streams to the disk: the browser writes as it reads, and what ends early is a failed download. Resolves when the browser has taken the last
 * byte; rejects where it took fewer.
 */
export function downloadStream(urls: FileUrls, saved: Saved, watch: StreamWatch): Promise<void> {
  const frame = document.createElement('iframe')
  frame.hidden = true
  let address = ''
  return new Promise<void>((resolve, reject) => {
    const onAbort = (): void => reject(watch.signal.reason)
    if (watch.signal.aborted) return onAbort()
    watch.signal.addEventListener('abort', onAbort, { once: true })
    const timer = setTimeout(
      () =>
        reject(
          new Error('The browser did not begin the download. Does it ask whether this page may save several files?'),
        ),
      BEGINNING_MS,
    )
    const file = {
      name: saved.name,
      length: saved.lengthBytes,
      stream({ signal }: { readonly signal: AbortSignal }): ReadableStream<Uint8Array> {
        clearTimeout(timer)
        signal.addEventListener('abort', () => reject(new Error('The browser stopped the download.')), { once: true })
        let takenBytes = 0
        const reader = saved.stream({ ...watch, signal: AbortSignal.any([signal, watch.signal]) }).getReader()
        return new ReadableStream<Uint8Array>(
          {
            async pull(controller) {
              try {
                const { done, value } = await reader.read()
                takenBytes += value?.length ?? 0
                if (!done) return controller.enqueue(value)
                // The end is asked for only when everything before it was taken.
                if (takenBytes !== saved.lengthBytes) throw new Error(`${saved.name} has another length than was said.`)
                controller.close()
                resolve()
              } catch (error) {
                reject(error)
                throw error
              }
            },
            cancel: reason => reader.cancel(reason),
          },
          { highWaterMark: 0 },
        )
      },
    }
    address = urls.url(file, { download: true })
    // A frame, as links with `download` pass service workers by.
    frame.src = address
    document.body.append(frame)
  }).finally(() => {
    urls.revoke(address)
    frame.remove()
  })
}

/** For what is small, or where nothing else is possible: the browser holds all of it before it saves. */
export async function downloadBlob(saved: Saved, watch: StreamWatch): Promise<void> {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await blobOf(saved.stream(watch)))
  link.download = saved.name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), BLOB_URL_LIFETIME_MS)
}

/** A Blob of Blobs: the browser may keep each part on disk, so that the whole is never in this page's memory. */
async function blobOf(stream: ReadableStream<Uint8Array>): Promise<Blob> {
  const parts: Blob[] = []
  let pending: Uint8Array<ArrayBuffer>[] = []
  let pendingBytes = 0
  // Not every browser iterates over streams.
  const reader = stream.getReader()
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    pending.push(value as Uint8Array<ArrayBuffer>)
    pendingBytes += value!.length
    if (pendingBytes < BLOB_PART_BYTES) continue
    parts.push(new Blob(pending))
    pending = []
    pendingBytes = 0
  }
  return new Blob([...parts, ...pending])
}
