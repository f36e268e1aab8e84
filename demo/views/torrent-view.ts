/** The page of one share, sent or received: one heading, one line of words, one main action per state. */
import { canConnect } from '../can-connect.ts'
import { button, el, setText, show } from '../dom.ts'
import { census } from '../census.ts'
import { type Facts, factsReader, phaseOf } from '../facts.ts'
import { trackerOf } from '../link.ts'
import { canNotify, type Notifier } from '../notifier.ts'
import { once } from '../once.ts'
import { language } from '../page-language.ts'
import { NO_COMPLAINTS, noteComplaint, type Problem, problemOf } from '../problems.ts'
import type { SharedFile } from '../shared-file.ts'
import type { Share } from '../shares.ts'
import { closeWords, figureWords, PATIENCE_MS, statusWords, titleWords } from '../words.ts'
import { connectionPanel } from './connection-panel.ts'
import { copyButton } from './copy-button.ts'
import { filesView, type ListedFile } from './files-view.ts'
import type { GateView } from './gate-view.ts'
import { lateSaver } from './late-saver.ts'
import { linkBox } from './link-box.ts'
import type { Previews } from './previews.ts'
import { problemView } from './problem-view.ts'
import type { ReadyView } from './ready-view.ts'
import { receiversView } from './receivers-view.ts'
import { stepsView } from './steps-view.ts'

export interface TorrentView {
  readonly element: HTMLElement
  /** Brings everything up to date. `now` in milliseconds. */
  update(now: number): Facts
  focus(): void
}

export interface TorrentViewOptions {
  readonly share: Share
  readonly notifier: Notifier
  /** The person asked for files. */
  readonly onFetch: (files: readonly SharedFile[]) => void
  /** The person asks for less. */
  readonly onFewer: () => void
  readonly onSharing: (isSharing: boolean) => void
  /** `forget` also deletes what this browser keeps of it. */
  readonly onStop: (forget: boolean) => void
  /** The person chooses files, to send others or the same again. */
  readonly onChoose: () => void
  readonly onHome: () => void
}

/** Shares of progress that are said aloud. */
const SPOKEN_STEPS = 10
const ERRORS_MAX = 5

const { say, percent } = language

export function torrentView(options: TorrentViewOptions): TorrentView {
  const { share, notifier, onFetch, onFewer, onSharing, onStop, onChoose, onHome } = options
  const { torrent, isOwn } = share
  const chosen: ListedFile[] = share.chosen.map(({ path, data }) => ({ path, length: data.size }))
  const closing = new AbortController()
  torrent.addEventListener('close', () => closing.abort())
  const saving = lateSaver({
    // What was not asked for is not fetched by saving all.
    files: () => share.files.filter(file => file.priority > 0 || file.progress === 1),
    name: () => share.name,
    signal: closing.signal,
  })
  const swarm = census(trackerOf(location), () => torrent.infoHash)
  const readFacts = factsReader(share, { isSaved: () => saving.isSaved, census: () => swarm.count })
  /** The last of what it complained of. */
  const errors: string[] = []
  let complaints = { ...NO_COMPLAINTS, hasNoWebRtc: !canConnect() }
  torrent.addEventListener('warning', ({ detail: { error } }) => {
    complaints = noteComplaint(complaints, error)
    errors.push(error.message)
    errors.splice(0, errors.length - ERRORS_MAX)
  })
  const diagnostics = async (): Promise<string> => {
    const facts = readFacts(performance.now())
    return (await import('../diagnostics.ts')).diagnosticsText(torrent, facts, errors)
  }

  const heading = el('h2', { tabIndex: -1 })
  const status = el('p', { className: 'status' })
  // What is seen may count seconds; what is heard is said once.
  const spoken = el('p', { className: 'sr-only', attributes: { role: 'status' } })
  const close = el('p', { className: 'close', attributes: { role: 'status' } })
  const bar = el('progress', { max: 1, attributes: { 'aria-label': say('progress') } })
  const figures = el('p', { className: 'figures' })
  const steps = stepsView(performance.now())
  const link = linkBox({ isPrimary: isOwn })
  const place = el('div', { className: 'place', hidden: true })
  let ready: ReadyView | undefined
  const prepare = once(async () => {
    const { readyView } = await import('./ready-view.ts')
    ready = readyView({ share, onDownload: onFetch, onSharing })
    place.append(ready.element)
  })
  let shown: Previews | undefined
  const prepareReceived = once(async () => {
    saving.prepare()
    shown = (await import('./previews.ts')).previews()
    closing.signal.addEventListener('abort', shown.close)
    previewPlace.append(shown.element)
  })
  const previewPlace = el('div', { className: 'place' })
  const files = filesView(
    isOwn
      ? {}
      : {
          onSave: file => void saving.file(file),
          onGet: file => onFetch([file]),
          previewOf: file => (shown?.canShow(file) ? () => void shown?.show(file) : undefined),
        },
  )
  let gate: GateView | undefined
  const gatePlace = el('div', { className: 'place' })
  const prepareGate = once(async () => {
    gate = (await import('./gate-view.ts')).gateView()
    gate.update(share.gate)
    gatePlace.append(gate.element)
  })
  const receivers = receiversView(torrent)
  const connection = connectionPanel(torrent, diagnostics)
  const copying = copyButton(say('copyDiagnostics'), diagnostics, () => connection.element.setAttribute('open', ''))
  const notify = button('', () => void askToNotify())
  const problem = problemView({
    // The library's sockets come back at once when a browser says that it is online again.
    retry: button(say('retry'), () => dispatchEvent(new Event('online'))),
    notify,
    save: button(say('saveNow'), () => void saving.all()),
    fewer: button(say('fewerFiles'), onFewer),
    diagnostics: el('span', {}, copying.button, copying.spoken),
  })

  const save = button(say('save'), () => (saving.isBusy ? saving.cancel() : void saving.all()), 'primary')
  const pause = button(say('pause'), () => (torrent.state === 'paused' ? torrent.resume() : torrent.pause()))
  const stop = button(say('stop'), () =>
    onStop(isOwn || torrent.progress < 1 || saving.isSaved || phaseOf(share) === 'ready'),
  )
  const home = button(say('sendFiles'), onHome, 'primary')
  const again = button(say('chooseFiles'), onChoose, 'primary')
  const tell = button(say('tellMeDone'), () => void askToNotify())
  const actions = el('div', { className: 'actions' }, save, again, pause, tell, home, stop)

  const element = el(
    'section',
    { className: 'torrent' },
    heading,
    status,
    spoken,
    close,
    steps.element,
    bar,
    figures,
    problem.element,
    gatePlace,
    place,
    // What matters most comes first: to the sender the link, to the receiver the files.
    ...(isOwn ? [link.element, receivers.element, actions] : [actions]),
    previewPlace,
    files.element,
    ...(isOwn ? [] : [link.element]),
    connection.element,
  )

  let asked: 'no' | 'yes' | 'refused' = canNotify() ? 'no' : 'refused'
  async function askToNotify(): Promise<void> {
    asked = (await notifier.ask()) ? 'yes' : 'refused'
  }

  let said = ''
  /** Each state, saving too, and each tenth of the way. */
  function speak(facts: Facts): void {
    const { phase, progress, leechesCount, copiesCount } = facts
    const step = phase === 'downloading' || phase === 'hashing' ? Math.floor(progress * SPOKEN_STEPS) : 0
    const company = phase === 'seeding' ? [leechesCount, copiesCount] : []
    const news = [phase, step, saving.isBusy, saving.isSaved, ...company].join()
    if (news === said) return
    said = news
    setText(spoken, step > 0 ? percent(step / SPOKEN_STEPS) : (status.textContent ?? ''))
  }

  /** What they are called is not known before the list has come. */
  const arrivalWords = (): string =>
    share.name === '' ? say('notifySomebody') : say('notifyArrival', { name: share.name })

  let lastPhase: Facts['phase'] | undefined
  let hadPeers = false
  /** Moves on with the state: the heading takes the focus, and who asked for it is told. */
  function entered(facts: Facts): void {
    const isMoved = lastPhase !== undefined && lastPhase !== facts.phase
    // Whoever works at something that is still there is left alone.
    const isLost = !element.contains(document.activeElement) || document.activeElement?.getClientRects().length === 0
    if (isMoved && isLost && element.isConnected) heading.focus()
    if (isMoved && facts.phase === 'seeding' && !isOwn) notifier.tell(say('notifyDone', { name: share.name }))
    if (!hadPeers && facts.peersCount > 0) notifier.tell(arrivalWords())
    lastPhase = facts.phase
    hadPeers = facts.peersCount > 0
  }

  return {
    element,
    focus: () => heading.focus(),
    update(now) {
      const facts = readFacts(now)
      const { phase } = facts
      const isActive = phase !== 'closed' && phase !== 'stopped'
      const isComplete = phase === 'seeding'
      setText(heading, share.name || chosenName(chosen) || say('receiving'))
      // Asked for once: to find what has changed looks at every file.
      const before = share.gate
      const trouble = currentProblem(facts)
      // Nobody is looked for by a browser that cannot connect, nor any more where a password is asked for.
      const isStuck = phase === 'joining' && (complaints.hasNoWebRtc || before !== undefined)
      const isUnreadable = isOwn && phase === 'downloading'
      const isSaid = isStuck || (isOwn && before !== undefined) || (isUnreadable && trouble?.kind === 'file-changed')
      // Once it is saved: where to.
      const isOfSaving = saving.isBusy || (isComplete && saving.isSaved && facts.leechesCount === 0)
      setText(status, isSaid ? '' : (isOfSaving && saving.words) || statusWords(facts, language))
      status.classList.toggle('arrived', isComplete && !isOwn && !saving.isBusy)
      speak(facts)
      setText(close, saving.isBusy ? '' : closeWords(facts, language))
      show(close, close.textContent !== '')
      setText(figures, figureWords(facts, language))
      document.title = titleWords(facts, share.name, language)
      // How many are there is asked for where it decides what is said, and by the tab that is looked at.
      swarm.want(
        element.isConnected &&
          (isComplete || (facts.peersCount === 0 && (phase === 'joining' || phase === 'downloading'))),
      )

      show(steps.element, phase === 'joining' && !isStuck)
      if (phase === 'joining') steps.update(facts, share.files.length > 0, now)
      const isMoving = ['hashing', 'checking', 'downloading', 'paused'].includes(phase) && !isUnreadable
      show(bar, isMoving || saving.isBusy)
      bar.value = saving.isBusy ? saving.share : facts.progress
      element.dataset.state = phase
      element.dataset.kept = String(share.isKept)

      problem.update(trouble)
      setText(notify, say(asked === 'yes' ? 'willTell' : asked === 'refused' ? 'tellRefused' : 'tellMeArrival'))
      notify.disabled = asked !== 'no'

      if (phase === 'joining' || phase === 'ready') prepare()
      if (!isOwn && phase !== 'joining') prepareReceived()
      if (before !== undefined) prepareGate()
      gate?.update(before)
      show(place, phase === 'ready')
      if (phase === 'ready') {
        complaints = { ...complaints, quota: undefined }
        ready?.update()
      }
      const hasLink = (isComplete || (isOwn && phase === 'paused')) && facts.fileCount > 0
      link.update(share.name, hasLink ? share.link : undefined, share.isPrivate ? undefined : torrent.magnetURI)
      show(save, (isComplete && !isOwn) || saving.isBusy)
      const nextSave = saving.isSaved ? 'saveAgain' : facts.fileCount > 1 ? 'saveAll' : 'save'
      setText(save, say(saving.isBusy ? 'stopSaving' : nextSave))
      save.classList.toggle('primary', !saving.isBusy)
      show(again, isUnreadable)
      show(pause, phase === 'paused' || (phase === 'downloading' && !isUnreadable))
      setText(pause, say(phase === 'paused' ? 'resume' : 'pause'))
      show(tell, phase === 'downloading' && !isOwn && asked !== 'refused' && facts.elapsedMs > PATIENCE_MS)
      setText(tell, say(asked === 'yes' ? 'willTell' : 'tellMeDone'))
      tell.disabled = asked === 'yes'
      show(stop, isActive)
      setText(stop, say(isComplete || (isOwn && phase === 'paused') ? 'stopSharing' : 'cancel'))
      show(home, !isActive)
      // Beside what there is to do now.
      const row =
        (phase === 'ready' ? ready : before?.pass && phase === 'joining' ? gate : undefined)?.actions ?? actions
      if (stop.parentElement !== row) row.append(stop)

      files.update(share.files.length > 0 ? share.files : chosen)
      // There the tree stands in its place; of what is closed nothing can be had.
      show(files.element, isActive && phase !== 'ready' && facts.fileCount > 0)
      if (isOwn) receivers.update()
      connection.update(now)
      show(connection.element, isActive && phase !== 'hashing')
      entered(facts)
      return facts
    },
  }

  function currentProblem(facts: Facts): Problem | undefined {
    if (saving.error === '') {
      // Saving what comes is what helps where the browser has no room.
      const known = saving.isBusy ? { ...complaints, quota: undefined } : complaints
      return problemOf(facts, known, torrent.error, language)
    }
    return { kind: 'saving', isAlert: true, text: saving.error, offer: '', countdown: '', remedies: ['diagnostics'] }
  }
}

/** What the library will call these files, as far as one can tell before it has. */
function chosenName(chosen: readonly ListedFile[]): string {
  const names = new Set(chosen.map(({ path }) => path.split('/')[0] ?? ''))
  const [first = ''] = names
  return names.size > 1 ? say('andMore', { name: first, n: names.size - 1 }) : first
}
