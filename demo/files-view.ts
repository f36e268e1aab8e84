/** The list of a torrent's files: path, size, progress, and a button to save each. */
import { button, el, setText } from './dom.ts'
import { formatBytes, formatCount, formatPercent } from './format.ts'

/** A file to list: a torrent's, or one that was chosen and is still being hashed. */
export interface ListedFile {
  readonly path: string
  readonly length: number
  /** 0..1; absent: nothing is being fetched. */
  readonly progress?: number
}

export interface FilesView<File extends ListedFile> {
  readonly element: HTMLElement
  /** Another list replaces what is shown; the same one has its progress renewed. */
  update(files: readonly File[]): void
}

export interface FilesViewOptions<File extends ListedFile> {
  /** Absent where there is nothing to save: the person's own files. */
  readonly onSave?: (file: File) => void
}

/** A row costs the page layout at every change; most shares are shorter than this. */
const ROWS_AT_FIRST = 200
/** A longer list starts closed. */
const ROWS_OPEN_MAX = 12

export function filesView<File extends ListedFile>({ onSave }: FilesViewOptions<File>): FilesView<File> {
  const summary = el('summary')
  const list = el('ul', { className: 'files' })
  const more = button('Show all files', () => {
    rowsMax = Number.POSITIVE_INFINITY
    more.hidden = true
    addRows()
  })
  more.hidden = true
  const element = el('details', { className: 'panel', hidden: true }, summary, list, more)
  const pending = new Set<FileRow>()
  let listed: readonly File[] = []
  let rowsMax = ROWS_AT_FIRST

  const addRows = (): void => {
    const rows = document.createDocumentFragment()
    for (const file of listed.slice(list.childElementCount, rowsMax)) {
      const row = fileRow(file, onSave)
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
      element.open = element.hidden ? files.length <= ROWS_OPEN_MAX : element.open
      element.hidden = false
      listed = files
      pending.clear()
      list.replaceChildren()
      setText(summary, formatCount(files.length, 'file'))
      addRows()
    },
  }
}

interface FileRow {
  readonly element: HTMLLIElement
  /** @returns whether there is nothing more to say about the file */
  update(): boolean
}

/** The first folder is the torrent's own, whose name is above the list already. */
function fileRow<File extends ListedFile>(file: File, onSave: FilesViewOptions<File>['onSave']): FileRow {
  const share = el('span', { className: 'share' })
  const element = el(
    'li',
    {},
    el('span', { className: 'path', title: file.path }, el('bdi', { textContent: file.path.replace(/^[^/]*\//, '') })),
    share,
    el('span', { className: 'size', textContent: formatBytes(file.length) }),
  )
  return {
    element,
    update() {
      if (file.progress === undefined || onSave === undefined) return true
      const isComplete = file.progress >= 1
      setText(share, isComplete || file.progress === 0 ? '' : formatPercent(file.progress))
      if (isComplete) {
        const save = button('Save', () => onSave(file), 'small')
        save.setAttribute('aria-label', `Save ${file.path}`)
        element.append(save)
      }
      return isComplete
    },
  }
}
