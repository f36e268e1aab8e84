/** Saving as a phase of its own: one at a time, with words for how it goes. */
import { formatCount } from './format.ts'
import { canSaveFolder, saveAll, saveFile } from './save.ts'
import type { Torrent, TorrentFile } from './shoal.min.js'
import type { ListedFile } from './views/files-view.ts'

export interface Saver {
  readonly isBusy: boolean
  /** Everything was saved once. */
  readonly isSaved: boolean
  /** Empty: nothing to say. */
  readonly words: string
  /** Empty: nothing went wrong. */
  readonly error: string
  all(): Promise<void>
  file(file: ListedFile): Promise<void>
}

/** Saves files of a received torrent. `torrent` tells, by its `close` event, when to give up. */
export function saver(torrent: Pick<Torrent, 'files' | 'addEventListener'>): Saver {
  const stopping = new AbortController()
  torrent.addEventListener('close', () => stopping.abort())
  const state = { isBusy: false, isSaved: false, words: '', error: '' }

  async function run(words: string, save: () => Promise<boolean>, after: string): Promise<boolean> {
    if (state.isBusy) return false
    Object.assign(state, { isBusy: true, words, error: '' })
    try {
      const isDone = await save()
      state.words = isDone ? after : ''
      return isDone
    } catch (error) {
      state.words = ''
      if (!stopping.signal.aborted)
        state.error = `Saving failed: ${error instanceof Error ? error.message : String(error)}`
      return false
    } finally {
      state.isBusy = false
    }
  }

  return Object.assign(state, {
    async all() {
      const total = torrent.files.length
      const isDone = await run(
        'All pieces verified. Writing to disk…',
        () =>
          saveAll(torrent, {
            signal: stopping.signal,
            onSaved: count => {
              state.words = `All pieces verified. Writing to disk: ${count.toLocaleString()} of ${formatCount(total, 'file')}…`
            },
          }),
        total === 1 || canSaveFolder()
          ? 'Saved and verified. While this tab is open you help others.'
          : 'Saved and verified, each file by itself: this browser cannot save a folder.',
      )
      state.isSaved ||= isDone
    },
    async file(file: ListedFile) {
      const found = torrent.files.find((candidate: TorrentFile) => candidate.path === file.path)
      if (found !== undefined) await run(`Saving ${file.path}…`, () => saveFile(found, { signal: stopping.signal }), '')
    },
  })
}
