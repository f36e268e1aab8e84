import type { SharedFile } from '../shared-file.ts'

export interface StreamWatch {
  readonly signal: AbortSignal
  /** Told of each chunk's bytes as they pass. */
  readonly onBytes: (bytes: number) => void
}

/** A file's bytes: as many as it is said to have, or the stream fails. Nothing short is ever taken for whole. */
export function exactStream(
  file: Pick<SharedFile, 'length' | 'path' | 'stream'>,
  watch: StreamWatch,
): ReadableStream<Uint8Array> {
  let remainingBytes = file.length
  const check = (isRight: boolean): void => {
    if (!isRight) throw new Error(`${file.path} does not have the ${file.length} bytes that it should have.`)
  }
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      remainingBytes -= chunk.length
      check(remainingBytes >= 0)
      watch.onBytes(chunk.length)
      controller.enqueue(chunk)
    },
    flush: () => check(remainingBytes === 0),
  })
  return file.stream({ signal: watch.signal }).pipeThrough(count, { signal: watch.signal })
}
