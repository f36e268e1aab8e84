/** The page without a link: choose, drop or paste files, and what is shared from here already. */
import { filesOfInput, filesOfTransfer, type ChosenFile } from '../collect.ts'
import { button, el, setText, show } from '../dom.ts'
import { language } from '../page-language.ts'
import type { SendOptions } from '../shares.ts'

export interface HomeView {
  readonly element: HTMLElement
  /** How what is chosen next is shared. */
  options(): SendOptions
  /** Opens the browser's picker of files, in a click's handler. */
  choose(): void
  /** What this page shares already, newest first. */
  list(shares: readonly { readonly name: string; readonly link: string }[]): void
  /** Shows an error. */
  fail(message: string): void
  focus(): void
}

const { say } = language

export function homeView({ onFiles }: { onFiles: (files: ChosenFile[]) => void }): HomeView {
  const files = el('input', { type: 'file', multiple: true, className: 'sr-only', tabIndex: -1, id: 'choose-files' })
  const folder = el('input', {
    type: 'file',
    webkitdirectory: true,
    className: 'sr-only',
    tabIndex: -1,
    id: 'choose-folder',
  })
  files.setAttribute('aria-label', say('filesToSend'))
  folder.setAttribute('aria-label', say('folderToSend'))
  for (const input of [files, folder]) {
    input.onchange = () => {
      const chosen = filesOfInput(input)
      input.value = ''
      if (chosen.length > 0) onFiles(chosen)
    }
  }
  const heading = el('h2', { textContent: say('homeHeading'), tabIndex: -1 })
  const actions = el(
    'div',
    { className: 'actions' },
    button(say('chooseFiles'), () => files.click(), 'primary'),
    button(say('chooseFolder'), () => folder.click()),
  )
  // Phones have no folders to choose from.
  if (!('webkitdirectory' in HTMLInputElement.prototype)) actions.lastElementChild?.remove()
  const isOpen = el('input', { type: 'checkbox', id: 'open' })
  const password = el('input', { type: 'password', id: 'new-password', autocomplete: 'new-password' })
  const secrecy = el(
    'p',
    { className: 'quiet' },
    say('privateLead'),
    ' ',
    el('a', { href: 'privacy.html', textContent: say('privacyLink') }),
  )
  isOpen.onchange = () => {
    // Who may read everything is asked for nothing.
    password.disabled = isOpen.checked
    show(secrecy, !isOpen.checked)
  }
  const options = el(
    'details',
    { className: 'panel' },
    el('summary', { textContent: say('optionsHeading') }),
    el(
      'div',
      { className: 'field' },
      el('label', { htmlFor: 'new-password', textContent: say('optionPassword') }),
      password,
    ),
    el('label', { className: 'option' }, isOpen, say('optionOpen')),
  )
  const alert = el('p', { className: 'alert', hidden: true, attributes: { role: 'alert' } })
  const zone = el('div', { className: 'zone' }, el('p', { textContent: say('homeDrop') }), actions, files, folder)
  const shares = el('ul', { className: 'shares' })
  const sharing = el(
    'section',
    { className: 'sharing', hidden: true },
    el('h3', { textContent: say('homeOpen') }),
    shares,
  )
  const element = el(
    'section',
    {},
    heading,
    el('p', { textContent: say('homeLead') }),
    zone,
    alert,
    secrecy,
    options,
    sharing,
    el('p', { className: 'quiet', textContent: say('homeQuiet') }),
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
    choose: () => files.click(),
    options: () => ({ isOpen: isOpen.checked, password: isOpen.checked ? '' : password.value }),
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
        onCount: count => onStatus(say('readingFolder', { files: say('files', { n: count }) })),
      })
      onStatus('')
      if (files.length > 0) onFiles(files)
      else onError(say('emptyFolder'))
    } catch (error) {
      if (current.signal.aborted) return
      onStatus('')
      onError(say('unreadable', { cause: error instanceof Error ? error.message : String(error) }))
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
