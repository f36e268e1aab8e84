/** A folder as one file: a ZIP that is made while it is written, uncompressed, of any size (ZIP64), whose length is known before. */
import { makeZip, predictLength } from 'client-zip'
import type { SharedFile } from '../shared-file.ts'
import { exactStream, type StreamWatch } from './exact-stream.ts'
import { safePathsOf } from './safe-paths.ts'

export interface Zip {
  /** Exactly. */
  readonly lengthBytes: number
  /** Reads one file after the other. `onBytes` is told of the files' bytes, not of the ZIP's own. */
  stream(watch: StreamWatch): ReadableStream<Uint8Array>
}

const JOINED_BYTES = 64 * 1024

/** Of files whose paths begin with the folder's name, where they have one. */
export function zipOf(files: readonly SharedFile[]): Zip {
  const paths = safePathsOf(files)
  return {
    lengthBytes: Number(predictLength(files.map((file, index) => ({ name: paths[index]!, size: file.length })))),
    stream(watch) {
      const lastModified = new Date()
      function* inputs(): Generator<{
        name: string
        size: number
        lastModified: Date
        input: ReadableStream<Uint8Array>
      }> {
        for (const [index, file] of files.entries())
          yield { name: paths[index]!, size: file.length, lastModified, input: exactStream(file, watch) }
      }
      return makeZip(inputs()).pipeThrough(joinSmall(), { signal: watch.signal })
    },
  }
}

/** Every name, header and tiny file is a chunk of its own otherwise, and the way of each is as long as that of a large one. */
function joinSmall(): TransformStream<Uint8Array, Uint8Array> {
  const joined = new Uint8Array(JOINED_BYTES)
  let joinedBytes = 0
  const send = (controller: TransformStreamDefaultController<Uint8Array>): void => {
    if (joinedBytes > 0) controller.enqueue(joined.slice(0, joinedBytes))
    joinedBytes = 0
  }
  return new TransformStream({
    transform(chunk, controller) {
      if (joinedBytes + chunk.length > JOINED_BYTES) send(controller)
      if (chunk.length > JOINED_BYTES) return controller.enqueue(chunk)
      joined.set(chunk, joinedBytes)
      joinedBytes += chunk.length
    },
    flush: send,
  })
}
