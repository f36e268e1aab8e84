/** What was dropped into the room, by whom, and a button to have it. */
import { filesOfInput, type ChosenFile } from '../collect.ts'
import { button, el, setText, show } from '../dom.ts'
import { language } from '../page-language.ts'
import type { Exchange, Progress } from './exchange.ts'
import type { Member } from './members.ts'
import type { FileOffer, Signed } from './messages.ts'
import { callName, sayRoom as say } from './words.ts'

export interface FilesView {
  readonly element: HTMLElement
  update(files: readonly Signed<FileOffer>[], members: readonly Member[], exchange: Exchange | undefined): void
  /** What is being made ready, by name; empty: nothing. */
  prepare(title: string): void
  fail(message: string): void
}

export interface FilesViewOptions {
  readonly ownId: string
  readonly onFiles: (files: ChosenFile[]) => void
  readonly onDownload: (link: string) => void
  readonly onCancel: (link: string) => void
  readonly onSave: (link: string) => void
}

const { bytes, rate, percent, say: sayShared } = language

export function filesView(options: FilesViewOptions): FilesView {
  const input = el('input', { type: 'file', multiple: true, className: 'sr-only', tabIndex: -1, id: 'choose-files' })
  input.setAttribute('aria-label', sayShared('filesToSend'))
  input.onchange = () => {
    const chosen = filesOfInput(input)
    input.value = ''
    if (chosen.length > 0) options.onFiles(chosen)
  }
  const list = el('ul', { className: 'room-files' })
  const preparing = el('p', { className: 'quiet', attributes: { role: 'status' } })
  const alert = el('p', { className: 'alert', hidden: true, attributes: { role: 'alert' } })
  const element = el(
    'section',
    {},
    el('h3', { textContent: say('filesHeading') }),
    el('p', { className: 'quiet drop-lead', textContent: say('filesLead') }),
    el(
      'div',
      { className: 'actions' },
      button(sayShared('chooseFiles'), () => input.click()),
      input,
    ),
    preparing,
    alert,
    list,
  )
  const rows = new Map<Signed<FileOffer>, FileRow>()
  return {
    element,
    update(files, members, exchange) {
      for (const file of files) {
        const row = rows.get(file) ?? fileRow(file, options)
        if (!rows.has(file)) list.append(row.element)
        rows.set(file, row)
        row.update(members, exchange?.progressOf(file.body.link))
        row.element.dataset.kept = String(exchange?.isKept(file.body.link) === true)
      }
    },
    prepare: title => setText(preparing, title === '' ? '' : say('preparing', { title })),
    fail(message) {
      setText(alert, message)
      show(alert, message !== '')
    },
  }
}

interface FileRow {
  readonly element: HTMLElement
  update(members: readonly Member[], progress: Progress | undefined): void
}

function fileRow({ sender, body }: Signed<FileOffer>, options: FilesViewOptions): FileRow {
  const { title, lengthBytes, fileCount, link } = body
  const isOwn = sender === options.ownId
  const facts = el('span', { className: 'quiet' })
  const state = el('span', { className: 'quiet' })
  // What is seen changes four times a second; what is heard is said once.
  const spoken = el('span', { className: 'sr-only', attributes: { role: 'status' } })
  const bar = el('progress', { max: 1, attributes: { 'aria-label': title } })
  const get = button(say('download'), () => options.onDownload(link), 'small')
  const save = button(sayShared('save'), () => options.onSave(link), 'small primary')
  const cancel = button(sayShared('cancel'), () => options.onCancel(link), 'small')
  get.setAttribute('aria-label', say('downloadOf', { title }))
  save.setAttribute('aria-label', say('saveOf', { title }))
  cancel.setAttribute('aria-label', say('cancelOf', { title }))
  const what = el('div', { className: 'what' }, el('bdi', { className: 'title', textContent: title }), facts, state)
  const element = el('li', {}, what, spoken, get, save, cancel, bar)
  return {
    element,
    update(members, progress) {
      const from = isOwn ? say('fromYou') : say('from', { name: callName(sender, body.name, members) })
      const count = fileCount > 1 ? [say('moreFiles', { n: fileCount })] : []
      setText(facts, [bytes(lengthBytes), ...count, from].join(' · '))
      const words = stateWords(progress, { isOwn, name: callName(sender, body.name, members) })
      setText(state, words === '' ? '' : ` · ${words}`)
      const isChanging = progress === undefined || progress.state === 'arriving' || progress.isSaving
      if (!isChanging) setText(spoken, `${title}: ${words}`)
      element.dataset.state = progress?.state ?? (isOwn ? 'own' : 'offered')
      const focused = [get, save, cancel].find(button => button === document.activeElement)
      const isUnderWay = progress?.state === 'looking' || progress?.state === 'arriving'
      show(get, !isOwn && (progress === undefined || progress.state === 'failed'))
      show(save, progress?.state === 'arrived')
      show(cancel, isUnderWay)
      show(bar, isUnderWay)
      // Whoever pressed a button that has gone goes on with the one in its place.
      if (focused?.hidden === true) [get, save, cancel].find(button => !button.hidden)?.focus()
      bar.value = progress?.share ?? 0
    },
  }
}

function stateWords(progress: Progress | undefined, { isOwn, name }: { isOwn: boolean; name: string }): string {
  if (progress === undefined) return isOwn ? say('ownFile') : ''
  const { state, share, bytesPerSecond, words } = progress
  if (words !== '') return words
  if (state === 'looking') return say('lookingFor', { name })
  return state === 'arriving'
    ? say('arriving', { percent: percent(share), rate: rate(bytesPerSecond) })
    : say('arrived')
}
