/** The room as one sees it from inside: the link, who is there, the talk, the files. */
import type { ChosenFile } from '../collect.ts'
import { button, el, setText, show } from '../dom.ts'
import { language } from '../page-language.ts'
import { linkBox } from '../views/link-box.ts'
import { problemView } from '../views/problem-view.ts'
import type { Exchange } from './exchange.ts'
import { filesView, type FilesView } from './files-view.ts'
import type { Status } from './messages.ts'
import { peopleView } from './people-view.ts'
import { type RoomFacts, roomProblem, roomStatus } from './problems.ts'
import { talkView } from './talk-view.ts'
import type { Visit } from './visit.ts'
import { sayRoom as say } from './words.ts'

export interface RoomView {
  readonly element: HTMLElement
  readonly files: FilesView
  update(facts: RoomFacts, exchange: Exchange | undefined): void
  focus(): void
}

export interface RoomViewOptions {
  readonly visit: Visit
  readonly link: string
  readonly name: string
  readonly status: Status
  readonly onPresent: (name: string, status: Status) => void
  readonly onFiles: (files: ChosenFile[]) => void
  readonly onDownload: (link: string) => void
  readonly exchange: () => Exchange | undefined
  readonly onLeave: () => void
}

export function roomView(options: RoomViewOptions): RoomView {
  const { visit, link, name, status: ownStatus, onPresent, onFiles, onDownload, onLeave } = options
  const ownId = visit.id
  const heading = el('h2', { textContent: say('heading'), tabIndex: -1 })
  const status = el('p', { className: 'status', attributes: { role: 'status' } })
  const problem = problemView({
    // The library's sockets come back at once when a browser says that it is online again.
    retry: button(language.say('retry'), () => dispatchEvent(new Event('online'))),
  })
  const links = linkBox({ isPrimary: true, label: say('roomLink') })
  links.update(say('heading'), link, undefined)
  const copy = links.element.querySelector('button')
  const people = peopleView({ name, status: ownStatus, onChange: onPresent })
  const talk = talkView({ ownId, onSay: text => visit.tell({ type: 'say', text }) })
  const files = filesView({
    ownId,
    onFiles,
    onDownload,
    onCancel: link => options.exchange()?.cancel(link),
    onSave: link => options.exchange()?.save(link),
  })
  const element = el(
    'section',
    { className: 'room' },
    heading,
    status,
    problem.element,
    links.element,
    el('p', { className: 'quiet', textContent: say('linkHint') }),
    people.element,
    talk.element,
    files.element,
    el('div', { className: 'actions leaving' }, button(say('leave'), onLeave)),
  )
  return {
    element,
    files,
    focus: () => heading.focus(),
    update(facts, exchange) {
      const { members, entries, files: offers } = visit.room
      const isAlone = members.length === 1
      // What matters most: to whoever is alone the link, to the others the talk.
      copy?.classList.toggle('primary', isAlone)
      talk.invite(!isAlone)
      setText(status, roomStatus(facts, say))
      show(status, status.textContent !== '')
      problem.update(roomProblem(facts, say, language))
      people.update(members)
      talk.update(entries, members)
      files.update(offers, members, exchange)
    },
  }
}
