import { FileUrls } from '../../src/urls/index.ts'

let opening: Promise<FileUrls | undefined> | undefined

/** The page's addresses for files, opened when they are first needed; undefined where the browser has no service worker for them. */
export function pageUrls(): Promise<FileUrls | undefined> {
  opening ??= FileUrls.open({ worker: 'files/worker.js', scope: 'files/' }).catch(() => {
    // The network may have failed: the next one who asks tries again.
    opening = undefined
    return undefined
  })
  return opening
}
