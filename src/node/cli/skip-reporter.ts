/** Says which files of a folder are left out, up to a screenful. */
import type { Terminal } from './terminal.ts'

const LINES_MAX = 20

/** @returns what `filesFromDisk` takes as `onSkip` */
export function skipReporter(terminal: Terminal): (path: string, why: string) => void {
  let count = 0
  return (path, why) => {
    count += 1
    if (count <= LINES_MAX) terminal.note(`shoal: ${path} is left out: ${why}.`)
    if (count === LINES_MAX + 1) terminal.note('shoal: More are left out for such reasons.')
  }
}
