/** Shows how far the hashing of files is. */
import { formatBytes } from './format.ts'
import type { Terminal } from './terminal.ts'

/** @returns what makers and verifiers of torrents take as `onProgress` */
export function hashingProgress(terminal: Terminal): (doneBytes: number, totalBytes: number) => void {
  return (doneBytes, totalBytes) =>
    terminal.status({
      phase: 'hashing',
      share: totalBytes === 0 ? 1 : doneBytes / totalBytes,
      text: `hashing ${formatBytes(totalBytes)}`,
    })
}
