/** The page of rooms: open one, or come into one by its link. Nobody is met before a button was pressed, but after a reload. */
import type { ChosenFile } from '../collect.ts'
import { setText } from '../dom.ts'
import { trackerOf } from '../link.ts'
import { language } from '../page-language.ts'
import { acceptTransfers } from '../views/home-view.ts'
import { type Door, doorView } from './door-view.ts'
import type { Exchange } from './exchange.ts'
import { memory } from './memory.ts'
import { cleanName, cleanTitle, type Status } from './messages.ts'
import { type RoomView, roomView } from './room-view.ts'
import { newRoomSecret, roomKeys, secretOf } from './secret.ts'
import { roomTime, type Visit, visit } from './visit.ts'
import { sayRoom as say } from './words.ts'

/** Figures of downloads and countdowns. */
const UPDATE_INTERVAL_MS = 250

interface Inside {
  readonly secret: string
  readonly visit: Visit
  readonly view: RoomView
  aloneSince: number
}

/** Some browsers have no WebRTC, and in some an extension or a policy makes it throw. */
const canConnect = ((): boolean => {
  try {
    new RTCPeerConnection().close()
    return true
  } catch {
    return false
  }
})()

const main = document.querySelector<HTMLElement>('main')!
const notice = document.querySelector<HTMLElement>('#notice')!
let inside: Inside | undefined
let entering = ''
let exchange: Exchange | undefined
let status: Status = 'here'
/** Lines that came while the page was not looked at. */
let unreadSince: number | undefined

document.documentElement.lang = language.tag
for (const element of document.querySelectorAll<HTMLElement>('[data-room="back"]')) setText(element, say('back'))
acceptTransfers({
  onFiles: files => void send(files),
  onError: message => (inside === undefined ? setText(notice, message) : inside.view.files.fail(message)),
  onStatus: text => setText(notice, text),
})
addEventListener('hashchange', () => void route())
addEventListener('beforeunload', event => {
  if (exchange?.isNeeded === true) event.preventDefault()
})
addEventListener('pagehide', () => inside?.visit.hangUp())
addEventListener('pageshow', ({ persisted }) => {
  // The page was kept, and has said that it left.
  if (persisted && inside !== undefined) location.reload()
})
document.addEventListener('visibilitychange', () => {
  unreadSince = document.hidden ? roomTime() : undefined
  update()
})
setInterval(update, UPDATE_INTERVAL_MS)
void route()

/** What the address says: a room, or none. */
async function route(): Promise<void> {
  const secret = secretOf(location.hash)
  if (secret !== undefined && (secret === inside?.secret || secret === entering)) return
  await leave()
  if (secret === undefined) return showDoor(location.hash.length > 1 ? 'cut' : 'new')
  if (memory.inside !== secret) return showDoor('invited')
  await enter(secret)
  for (const link of memory.shared) (await exchangeOf()).receive(link)
}

function showDoor(door: Door, problem = ''): void {
  setText(notice, problem)
  document.title = say('pageTitle')
  const view = doorView({
    door,
    name: memory.name,
    onEnter(typed) {
      memory.name = cleanName(typed)
      const given = secretOf(location.hash)
      const secret = given ?? newRoomSecret()
      entering = secret
      if (given === undefined) history.pushState(null, '', `#${secret}`)
      // Browsers keep their cryptography from pages that come over plain HTTP.
      enter(secret).catch(error => showDoor('invited', messageOf(error)))
    },
  })
  main.replaceChildren(view.element)
  if (door === 'left') view.focus()
}

async function enter(secret: string): Promise<void> {
  entering = secret
  const { name } = memory
  const joined = await visit({
    ...(await roomKeys(secret)),
    name,
    status,
    tracker: trackerOf(location),
    WebSocket,
    onChange: schedule,
  })
  if (entering !== secret) return joined.leave()
  entering = ''
  memory.inside = secret
  const view = roomView({
    visit: joined,
    link: location.href,
    name,
    status,
    onPresent: present,
    onFiles: files => void send(files),
    onDownload: link => void download(link),
    exchange: () => exchange,
    onLeave: () => void leave().then(() => showDoor('left')),
  })
  inside = { secret, visit: joined, view, aloneSince: roomTime() }
  main.replaceChildren(view.element)
  update()
  view.focus()
}

async function leave(): Promise<void> {
  const left = inside
  const ended = exchange
  inside = undefined
  entering = ''
  exchange = undefined
  if (left === undefined) return
  memory.inside = ''
  memory.shared = []
  await Promise.all([left.visit.leave(), ended?.close()])
}

function present(name: string, chosen: Status): void {
  status = chosen
  memory.name = cleanName(name)
  inside?.visit.tell({ type: 'present', name, status })
}

async function send(files: readonly ChosenFile[]): Promise<void> {
  const room = inside
  const [first] = files
  if (room === undefined || first === undefined) return
  const { files: view } = room.view
  view.fail('')
  view.prepare(cleanTitle(first.path))
  try {
    const offered = await (await exchangeOf()).send(files)
    memory.shared = [...memory.shared, offered.link]
    const title = cleanTitle(offered.title) || say('filesHeading')
    if (!room.visit.tell({ type: 'offer', file: { ...offered, title } })) view.fail(say('cannotShare'))
  } catch (error) {
    view.fail(messageOf(error))
  } finally {
    view.prepare('')
  }
}

async function download(link: string): Promise<void> {
  const found = await exchangeOf()
  // One that failed is tried anew.
  found.cancel(link)
  found.receive(link)
}

/** The library is fetched by those who send or receive files. */
async function exchangeOf(): Promise<Exchange> {
  const { openExchange } = await import('./exchange.ts')
  exchange ??= openExchange(new URL('./', location.href))
  return exchange
}

let isScheduled = false
/** Many messages make one picture. */
function schedule(): void {
  if (isScheduled) return
  isScheduled = true
  setTimeout(() => {
    isScheduled = false
    update()
  }, 20)
}

function update(): void {
  if (inside === undefined) return
  const { visit: joined, view } = inside
  const { room, meetingPoint } = joined
  const now = roomTime()
  const othersCount = room.members.length - 1
  if (othersCount > 0) inside.aloneSince = now
  view.update(
    {
      canConnect,
      isFull: room.isFull,
      meetingPoint,
      host: location.host,
      othersCount,
      aloneMs: now - inside.aloneSince,
      now,
    },
    exchange,
  )
  const since = unreadSince ?? Number.POSITIVE_INFINITY
  const unread = room.entries.filter(({ kind, at }) => kind === 'line' && at > since).length
  const title = say('pageTitle')
  document.title = unread > 0 ? say('titleCount', { n: unread, title }) : title
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
