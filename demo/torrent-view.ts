/** The page of one share, sent or received: one heading, one line of words, one main action per state. */
import { button, el, setText, show } from './dom.ts'
import { factsReader } from './facts.ts'
import { filesView, type ListedFile } from './files-view.ts'
import { formatPercent } from './format.ts'
import { linkBox } from './link-box.ts'
import { peersView } from './peers-view.ts'
import { closingSignal, saver } from './saving/saver.ts'
import type { Share } from './shares.ts'
import type { TorrentFile } from './shoal.min.js'
import { stepsView } from './steps-view.ts'
import { adviceFor, type Facts, figureWords, isLasting, statusWords, titleWords } from './words.ts'

export interface TorrentView {
  readonly element: HTMLElement
  /** Brings everything up to date. `now` in milliseconds. */
  update(now: number): Facts
  focus(): void
}

export interface TorrentViewOptions extends Share {
  /** Once there is one. */
  readonly link: () => string | undefined
  readonly isKept: () => boolean
  /** `forget` also deletes what this browser keeps of it. */
  readonly onStop: (forget: boolean) => void
  readonly onHome: () => void
}

/** Shares of progress that are said aloud. */
const SPOKEN_STEPS = 10

export function torrentView(options: TorrentViewOptions): TorrentView {
  const { torrent, isOwn } = options
  const chosen: ListedFile[] = options.chosen.map(({ path, data }) => ({ path, length: data.size }))
  const readFacts = factsReader(torrent, { isOwn, chosen })
  const saving = saver({ files: () => torrent.files, name: () => torrent.name, signal: closingSignal(torrent) })

  const heading = el('h2', { tabIndex: -1 })
  const status = el('p', { className: 'status', attributes: { role: 'status' } })
  const spoken = el('p', { className: 'sr-only', attributes: { role: 'status' } })
  const alert = el('p', { className: 'alert', hidden: true, attributes: { role: 'alert' } })
  let warning = ''
  torrent.addEventListener('warning', ({ detail: { error } }) => {
    if (isLasting(error.code)) warning = `${error.message} ${adviceFor(error.code)}`.trim()
  })
  const bar = el('progress', { max: 1, attributes: { 'aria-label': 'Progress' } })
  const figures = el('p', { className: 'figures' })
  const steps = stepsView(performance.now())
  const link = linkBox({ isPrimary: isOwn })
  const files = filesView<ListedFile | TorrentFile>(isOwn ? {} : { onSave: file => void saving.file(file) })
  const peers = peersView()

  const save = button('Save', () => void saving.all(), 'primary')
  const pause = button('Pause', () => (torrent.state === 'paused' ? torrent.resume() : torrent.pause()))
  const stop = button('Stop', () => options.onStop(isOwn || torrent.progress < 1 || saving.isSaved))
  const home = button('Send files', options.onHome)
  const actions = el('div', { className: 'actions' }, save, pause, stop, home)

  const element = el(
    'section',
    { className: 'torrent' },
    heading,
    status,
    spoken,
    steps.element,
    bar,
    figures,
    // What matters most comes first: to the sender the link, to the receiver the files.
    ...(isOwn ? [link.element, alert, actions] : [alert, actions, link.element]),
    files.element,
    peers.element,
  )

  return {
    element,
    focus: () => heading.focus(),
    update(now) {
      const facts = readFacts(now)
      const { state } = facts
      const isActive = state !== 'closed' && state !== 'stopped'
      setText(heading, torrent.name || chosenName(chosen) || 'Receiving files')
      setText(status, saving.words || statusWords(facts))
      setText(spoken, spokenWords(facts))
      setText(figures, figureWords(facts))
      document.title = titleWords(facts, torrent.name)

      show(steps.element, state === 'joining')
      if (state === 'joining') steps.update(torrent, now)
      show(bar, ['hashing', 'checking', 'downloading', 'paused'].includes(state))
      bar.value = facts.progress
      element.dataset.state = state
      element.dataset.kept = String(options.isKept())

      const isComplete = state === 'seeding'
      link.update(isComplete || (isOwn && state === 'paused') ? options.link() : undefined)
      show(save, isComplete && !isOwn)
      setText(save, saving.isSaved ? 'Save again' : torrent.files.length > 1 ? 'Save all' : 'Save')
      save.disabled = saving.isBusy
      show(pause, ['downloading', 'seeding', 'paused'].includes(state))
      setText(pause, state === 'paused' ? 'Resume' : 'Pause')
      show(stop, isActive)
      setText(stop, isComplete || (isOwn && state === 'paused') ? 'Stop sharing' : 'Cancel')
      show(home, !isActive)

      const error = torrent.error
      const stopped = error === undefined ? '' : `${error.message} ${adviceFor(error.code)}`.trim()
      const problem = saving.error || stopped || warning
      setText(alert, problem)
      show(alert, problem !== '')
      files.update(torrent.files.length > 0 ? torrent.files : chosen)
      peers.update(torrent)
      show(peers.element, isActive && state !== 'hashing')
      return facts
    },
  }
}

/** What the library will call these files, as far as one can tell before it has. */
function chosenName(chosen: readonly ListedFile[]): string {
  const names = new Set(chosen.map(({ path }) => path.split('/')[0] ?? ''))
  const [first = ''] = names
  return names.size > 1 ? `${first} and ${(names.size - 1).toLocaleString()} more` : first
}

function spokenWords({ state, progress }: Facts): string {
  if (state !== 'downloading' && state !== 'hashing') return ''
  const step = Math.floor(progress * SPOKEN_STEPS)
  return step === 0 ? '' : formatPercent(step / SPOKEN_STEPS)
}
