/** The list of a share's files: path, size, progress, and a button to save each, or to get one that was not asked for. */
import { button, byName, el, setText } from '../dom.ts'
import { language } from '../page-language.ts'
import type { SharedFile } from '../shared-file.ts'

/** A file to list: a share's, or one that was chosen and is still being hashed. */
export type ListedFile = Pick<SharedFile, 'path' | 'length'>

export interface FilesView {
  readonly element: HTMLElement
  /** Another list replaces what is shown; the same one has its progress renewed. */
  update(files: readonly ListedFile[]): void
}

/** Absent where there is nothing to get: the person's own files. */
export interface FilesViewOptions {
  readonly onSave?: (file: SharedFile) => void
  readonly onGet?: (file: SharedFile) => void
  /** What shows it; undefined: it cannot be shown. */
  readonly previewOf?: (file: SharedFile) => (() => void) | undefined
}

/** A row costs the page layout at every change; most shares are shorter than this. */
const ROWS_AT_FIRST = 200
/** A longer list starts closed. */
const ROWS_OPEN_MAX = 12

const { say, bytes, percent } = language

export function filesView(options: FilesViewOptions): FilesView {
  const summary = el('summary')
  const list = el('ul', { className: 'files' })
  const more = button(say('showAll'), () => {
    rowsMax = Number.POSITIVE_INFINITY
    more.hidden = true
    addRows()
  })
  more.hidden = true
  const element = el('details', { className: 'panel' }, summary, list, more)
  const pending = new Set<FileRow>()
  let listed: readonly ListedFile[] = []
  let sorted: readonly ListedFile[] = []
  let rowsMax = ROWS_AT_FIRST

  const addRows = (): void => {
    const rows = document.createDocumentFragment()
    for (const file of sorted.slice(list.childElementCount, rowsMax)) {
      const row = fileRow(file, options)
      pending.add(row)
      rows.append(row.element)
    }
    list.append(rows)
    more.hidden = list.childElementCount >= listed.length
    renew()
  }

  const renew = (): void => {
    for (const row of pending) if (row.update()) pending.delete(row)
  }

  return {
    element,
    update(files) {
      if (files.length === 0) return
      if (files.length === listed.length && files[0] === listed[0]) return renew()
      element.open = listed.length === 0 ? files.length <= ROWS_OPEN_MAX : element.open
      listed = files
      sorted = [...files].sort((one, other) => byName(one.path, other.path))
      pending.clear()
      list.replaceChildren()
      setText(summary, say('files', { n: files.length }))
      addRows()
    },
  }
}

interface FileRow {
  readonly element: HTMLLIElement
  /** @returns whether there is nothing more to say about the file */
  update(): boolean
}

/** The first folder is the share's own, whose name is above the list already. */
function fileRow(file: ListedFile, { onSave, onGet, previewOf }: FilesViewOptions): FileRow {
  const share = el('span', { className: 'share' })
  const name = el(
    'span',
    { className: 'path', title: file.path },
    el('bdi', { textContent: file.path.replace(/^[^/]*\//, '') }),
  )
  const size = el('span', { className: 'size', textContent: bytes(file.length) })
  const element = el('li', {}, name, share, size)
  let action: HTMLButtonElement | undefined
  let preview: HTMLButtonElement | undefined
  const offer = (label: string, aria: string, onclick: () => void): void => {
    action?.remove()
    action = button(label, onclick, 'small')
    action.setAttribute('aria-label', aria)
    element.append(action)
  }
  return {
    element,
    update() {
      if (!isShared(file) || onSave === undefined || onGet === undefined) return true
      const { path, progress, priority } = file
      const isComplete = progress >= 1
      const show = preview === undefined && priority > 0 ? previewOf?.(file) : undefined
      if (show !== undefined) {
        preview = button(say('preview'), show, 'small')
        preview.setAttribute('aria-label', say('previewFile', { path }))
        size.after(preview)
      }
      setText(share, isComplete || progress === 0 ? '' : percent(progress))
      if (isComplete) offer(say('save'), say('saveFile', { path }), () => onSave(file))
      else if (priority === 0 && action === undefined)
        offer(say('getFile'), say('getFilePath', { path }), () => onGet(file))
      else if (priority > 0) {
        action?.remove()
        action = undefined
      }
      return isComplete
    },
  }
}

function isShared(file: ListedFile): file is SharedFile {
  return 'priority' in file
}
