/** What pages have at hand that save and show files, as `globalThis.saving`: the share page's own parts, and files made up as they are read. */
import { previewView } from '../../../../demo/preview/preview-view.ts'
import { downloadStream } from '../../../../demo/saving/downloads.ts'
import { saver } from '../../../../demo/saving/saver.ts'
import { zipOf } from '../../../../demo/saving/zip.ts'
import type { SharedFile } from '../../../../demo/shared-file.ts'
import { deferred } from '../../../../src/deferred.ts'
import { FileUrls } from '../../../../src/urls/index.ts'
import { payloadBytes } from '../payload.ts'

export interface MadeFile {
  readonly path: string
  readonly seed: number
  /** Bytes that it is said to have. */
  readonly length: number
  /** Instead of the seed's bytes. */
  readonly text?: string
  /** Bytes that it has: after them the stream ends. @default all */
  readonly endsAt?: number
  /** The stream fails there. */
  readonly failsAt?: number
  /** The stream waits there, for ever. */
  readonly waitsAt?: number
}

const CHUNK_BYTES = 1024 * 1024

function madeFile({ path, seed, length, text, endsAt = length, failsAt, waitsAt }: MadeFile): SharedFile {
  const bytes = text === undefined ? undefined : new TextEncoder().encode(text)
  return {
    path,
    name: path.slice(path.lastIndexOf('/') + 1),
    length,
    progress: 1,
    priority: 4,
    select() {},
    deselect() {},
    stream({ start = 0, end = length, signal } = {}) {
      let position = start
      return new ReadableStream(
        {
          start: controller => signal?.addEventListener('abort', () => controller.error(signal.reason)),
          async pull(controller) {
            saving.readTo = Math.max(saving.readTo, position)
            if (failsAt !== undefined && position >= failsAt) throw new Error('the source was lost')
            if (waitsAt !== undefined && position >= waitsAt) await new Promise(() => undefined)
            const last = Math.min(end, endsAt)
            if (position >= last) return controller.close()
            const first = Math.floor(position / CHUNK_BYTES) * CHUNK_BYTES
            const next = Math.min(last, first + CHUNK_BYTES)
            controller.enqueue(
              bytes?.slice(position, next) ?? payloadBytes(seed, first, next - first).slice(position - first),
            )
            position = next
          },
        },
        { highWaterMark: 0 },
      )
    },
  }
}

/** A file that this page fetches, range by range. Of what is asked for from its beginning a quarter comes, and the rest once more is asked for. */
function fetchedFile(path: string, url: string, length: number): SharedFile {
  const sought = deferred()
  return {
    ...madeFile({ path, seed: 0, length }),
    stream({ start = 0, end = length, signal } = {}) {
      let position = start
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
        async transform(chunk, controller) {
          controller.enqueue(chunk)
          position += chunk.length
          if (start === 0 && position > length / 4) await sought.promise
        },
      })
      saving.ranges.push(`${start}-${end}`)
      if (start > 0) sought.resolve()
      fetch(url, { headers: { Range: `bytes=${start}-${end - 1}` }, ...(signal && { signal }) })
        .then(response => response.body!.pipeTo(writable, { ...(signal && { signal }) }))
        .catch(() => undefined)
      return readable
    },
  }
}

const toolkit = {
  open: (): Promise<FileUrls> => FileUrls.open({ worker: '/files/worker.js' }),
  madeFile,
  fetchedFile,
  saver,
  zipOf,
  downloadStream,
  previewView,
  /** How far files were read, at most. */
  readTo: 0,
  /** Parts that were asked for. */
  ranges: [] as string[],
  kept: new Map<string, unknown>(),
}

declare global {
  var saving: typeof toolkit
}

globalThis.saving = toolkit
