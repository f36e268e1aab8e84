/** Saving as a phase of its own: one at a time, with words for how it goes. */
import type { FileUrls } from '../../src/urls/index.ts'
import { language } from '../page-language.ts'
import type { SharedFile } from '../shared-file.ts'
import { savingFailure } from './failure.ts'
import { pageUrls } from './page-urls.ts'
import type { ListedFile } from '../views/files-view.ts'
import { saveFile, saveFolder, type SavedTo, type SaveOptions } from './save.ts'

export interface Saver {
  readonly isBusy: boolean
  /** Everything was saved once. */
  readonly isSaved: boolean
  /** Empty: nothing to say. */
  readonly words: string
  /** Empty: nothing went wrong. */
  readonly error: string
  /** Of what is being saved, or was last: bytes that are written, and of how many. */
  readonly savedBytes: number
  readonly totalBytes: number
  all(): Promise<void>
  file(file: ListedFile): Promise<void>
  /** Gives up; nothing that is incomplete stays. */
  cancel(): void
}

export interface SaverOptions {
  /** What there is to save, when it is asked for. */
  readonly files: () => readonly SharedFile[]
  /** What a ZIP of all is called. */
  readonly name: () => string
  /** Aborted when the share is closed. */
  readonly signal: AbortSignal
  /** Addresses for streams. @default the page's */
  readonly urls?: () => Promise<FileUrls | undefined>
}

const { say, bytes, percent } = language

export function saver({ files, name, signal: closing, urls = pageUrls }: SaverOptions): Saver {
  const state = { isBusy: false, isSaved: false, words: '', error: '', savedBytes: 0, totalBytes: 0 }
  let stopping = new AbortController()

  /** @returns whether it was saved */
  async function run(saved: readonly SharedFile[], save: (options: SaveOptions) => Promise<SavedTo>): Promise<boolean> {
    if (state.isBusy || closing.aborted) return false
    stopping = new AbortController()
    const signal = AbortSignal.any([closing, stopping.signal])
    const totalBytes = saved.reduce((sum, { length }) => sum + length, 0)
    Object.assign(state, { isBusy: true, error: '', savedBytes: 0, totalBytes, words: progressWords(saved, 0) })
    try {
      const where = await save({
        signal,
        urls,
        onBytes(bytes) {
          state.savedBytes += bytes
          state.words = progressWords(saved, totalBytes === 0 ? 1 : state.savedBytes / totalBytes)
        },
      })
      state.words = where === undefined ? '' : say(where === 'downloads' ? 'savedDownloads' : 'saved')
      return where !== undefined
    } catch (error) {
      state.words = ''
      if (!signal.aborted) state.error = savingFailure(error, language)
      return false
    } finally {
      state.isBusy = false
    }
  }

  return Object.assign(state, {
    async all() {
      const all = files()
      const [first] = all
      if (first === undefined) return
      const isDone = await run(all, options =>
        all.length === 1 ? saveFile(first, options) : saveFolder(all, { ...options, folderName: name() }),
      )
      state.isSaved ||= isDone
    },
    async file({ path }: ListedFile) {
      const found = files().find(file => file.path === path)
      if (found !== undefined) await run([found], options => saveFile(found, options))
    },
    cancel: () => stopping.abort(),
  })
}

function progressWords(saved: readonly SharedFile[], share: number): string {
  const what = saved.length === 1 ? saved[0]!.name : bytes(saved.reduce((sum, { length }) => sum + length, 0))
  const isComplete = saved.every(({ progress }) => progress >= 1)
  return say(isComplete ? 'writing' : 'writingWhatCame', { what, percent: percent(share) })
}
