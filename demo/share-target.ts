/** The offline shell, and files that other apps hand to it ("Share with…"). See `shell-worker.ts`. */
import type { ChosenFile } from './collect.ts'

/** Asks the worker for what was shared; it answers with files. */
export const ASK_SHARED = 'shared-files'

export function receiveShared(onFiles: (files: ChosenFile[]) => void): void {
  // Absent without a secure context.
  const { serviceWorker } = navigator
  if (serviceWorker === undefined) return
  // Without its shell the page needs the network, and is the same otherwise.
  serviceWorker.register('shell-worker.js').catch(() => undefined)
  if (!new URLSearchParams(location.search).has('shared')) return
  history.replaceState(null, '', location.pathname)
  serviceWorker.addEventListener('message', ({ data }) => {
    const files = Array.isArray(data) ? data.filter(item => item instanceof File) : []
    if (files.length > 0) onFiles(files.map(file => ({ path: file.name || 'shared', data: file })))
  })
  serviceWorker.startMessages()
  void serviceWorker.ready.then(({ active }) => active?.postMessage(ASK_SHARED))
}
