/** The page without a link: choose, drop or paste files, and what is shared from here already. */
import { filesOfInput, filesOfTransfer, type ChosenFile } from './collect.ts'
import { button, el, setText, show } from './dom.ts'
import { formatCount } from './format.ts'

export interface HomeView {
  readonly element: HTMLElement
  /** What this page shares already, newest first. */
  list(shares: readonly { readonly name: string; readonly link: string }[]): void
  /** Shows an error. */
  fail(message: string): void
  focus(): void
}

export function homeView({ onFiles }: { onFiles: (files: ChosenFile[]) => void }): HomeView {
  const files = el('input', { type: 'file', multiple: true, className: 'sr-only', tabIndex: -1, id: 'choose-files' })
  const folder = el('input', {
    type: 'file',
    webkitdirectory: true,
    className: 'sr-only',
    tabIndex: -1,
    id: 'choose-folder',
  })
  files.setAttribute('aria-label', 'Files to send')
  folder.setAttribute('aria-label', 'Folder to send')
  for (const input of [files, folder]) {
    input.onchange = () => {
      const chosen = filesOfInput(input)
      input.value = ''
      if (chosen.length > 0) onFiles(chosen)
    }
  }
  const heading = el('h2', { textContent: 'Send files straight from this browser.', tabIndex: -1 })
  const actions = el(
    'div',
    { className: 'actions' },
    button('Choose files', () => files.click(), 'primary'),
    button('Choose folder', () => folder.click()),
  )
  // Phones have no folders to choose from.
  if (!('webkitdirectory' in folder)) actions.lastElementChild?.remove()
  const alert = el('p', { className: 'alert', hidden: true, attributes: { role: 'alert' } })
  const zone = el(
    'div',
    { className: 'zone' },
    el('p', { textContent: 'Drop files or a folder anywhere on this page, or paste them.' }),
    actions,
    files,
    folder,
  )
  const shares = el('ul', { className: 'shares' })
  const sharing = el(
    'section',
    { className: 'sharing', hidden: true },
    el('h3', { textContent: 'Open in this tab' }),
    shares,
  )
  const element = el(
    'section',
    {},
    heading,
    el('p', {
      textContent: 'Nothing is uploaded to a server. You get a link; whoever opens it receives the files from you.',
    }),
    zone,
    alert,
    sharing,
    el('p', {
      className: 'quiet',
      textContent: 'Keep the tab open while others download. People you share with can see your IP address.',
    }),
  )
  return {
    element,
    list(items) {
      show(sharing, items.length > 0)
      const rows = items.map(({ name, link }) =>
        el('li', {}, el('a', { href: link }, el('bdi', { textContent: name }))),
      )
      shares.replaceChildren(...rows)
    },
    fail(message) {
      setText(alert, message)
      show(alert, message !== '')
    },
    focus: () => heading.focus(),
  }
}

/**
 * Takes files that are dropped anywhere on the page, or pasted. `onStatus` is told how reading a large folder goes.
 */
export function acceptTransfers({
  onFiles,
  onError,
  onStatus,
}: {
  onFiles: (files: ChosenFile[]) => void
  onError: (message: string) => void
  onStatus: (text: string) => void
}): void {
  let walk: AbortController | undefined

  const take = async (transfer: DataTransfer): Promise<void> => {
    walk?.abort()
    const current = new AbortController()
    walk = current
    try {
      const files = await filesOfTransfer(transfer, {
        signal: current.signal,
        onCount: count => onStatus(`Reading the folder: ${formatCount(count, 'file')} so far…`),
      })
      onStatus('')
      if (files.length > 0) onFiles(files)
      else onError('There are no files in that. An empty folder cannot be sent.')
    } catch (error) {
      if (current.signal.aborted) return
      onStatus('')
      onError(
        `That could not be read (${error instanceof Error ? error.message : String(error)}). Try Choose files instead.`,
      )
    }
  }

  const hasFiles = (transfer: DataTransfer | null): transfer is DataTransfer =>
    transfer?.types.includes('Files') ?? false
  const mark = (isOver: boolean): void => {
    document.body.classList.toggle('dropping', isOver)
  }

  addEventListener('dragover', event => {
    if (!hasFiles(event.dataTransfer)) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'copy'
    mark(true)
  })
  addEventListener('dragleave', event => {
    // Leaving the window, not one element for another.
    if (event.relatedTarget === null) mark(false)
  })
  addEventListener('drop', event => {
    mark(false)
    if (!hasFiles(event.dataTransfer)) return
    event.preventDefault()
    void take(event.dataTransfer)
  })
  addEventListener('paste', event => {
    if (!hasFiles(event.clipboardData)) return
    event.preventDefault()
    void take(event.clipboardData)
  })
}
