/** The simulator's page: the swarm that ships, on a simulated network, to be watched. */
import { el, setText } from '../dom.ts'
import { Controls } from './controls.ts'
import { FiguresView } from './figures-view.ts'
import { Painter } from './painter.ts'
import { Player } from './player.ts'
import { Scene } from './scene.ts'
import { readSettings, type Settings, writeSettings } from './settings.ts'
import { createSwarm } from './swarm.ts'

/** Figures that change at every frame cannot be read. */
const FIGURES_MS = 150
/** What a screen reader finds in place of the picture is written anew this often. */
const DESCRIPTION_MS = 2_000

const ABOUT_NOBODY = 'Point at a dot to see whom it is connected to.'

const canvas = byId('swarm', HTMLCanvasElement)
const status = byId('status', HTMLElement)
const about = byId('about', HTMLElement)
const stillness = matchMedia('(prefers-reduced-motion: reduce)')
const painter = new Painter(canvas, byId('pieces', HTMLCanvasElement), () => stillness.matches)
const figures = new FiguresView()

let settings = readSettings(location.search)
let scene = new Scene(createSwarm(settings))
let figuresAt = Number.NEGATIVE_INFINITY
let describedAt = Number.NEGATIVE_INFINITY

const player = new Player(scene.world, {
  frame: draw,
  complete() {
    const { ledger, leeches } = scene.world
    setText(status, `Everybody has the file after ${(ledger.lastDoneAt(leeches) / 1000).toFixed(1)} seconds.`)
  },
  changed: isPlaying => controls.showPlaying(isPlaying),
})

const controls = new Controls(settings, player.speed, {
  changed(changed) {
    settings = changed
    history.replaceState(null, '', writeSettings(settings))
    restart(settings)
  },
  playOrPause() {
    if (player.isPlaying) return player.pause()
    if (scene.world.isComplete) restart(settings)
    player.play()
  },
  step: () => player.step(),
  restart() {
    restart(settings)
    player.play()
  },
  speedChanged(speed) {
    player.speed = speed
  },
})

controls.transport.lastElementChild?.before(status)
byId('stage', HTMLElement).prepend(controls.transport)
byId('side', HTMLElement).append(figures.element, el('h3', { textContent: 'Make it another swarm' }), controls.sliders)
for (const type of ['pointermove', 'pointerdown', 'pointerleave'] as const) {
  canvas.addEventListener(type, event => choose(type === 'pointerleave' ? undefined : event))
}
new ResizeObserver(layOut).observe(canvas)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  painter.renewColours()
  draw(player.isPlaying)
})
layOut()
// Who wants no motion starts it by hand.
if (!stillness.matches) player.play()

function restart(next: Settings): void {
  setText(status, '')
  figuresAt = Number.NEGATIVE_INFINITY
  scene = new Scene(createSwarm(next))
  const { width, height } = painter.fit()
  scene.layOut(width, height)
  player.load(scene.world)
}

/** Shows with whom the member under the pointer is connected. */
function choose(event: PointerEvent | undefined): void {
  const member = event && scene.memberAt(event.offsetX, event.offsetY)
  if (member === scene.chosen) return
  scene.chosen = member
  figuresAt = Number.NEGATIVE_INFINITY
  if (!player.isPlaying) draw(false)
}

function layOut(): void {
  const { width, height } = painter.fit()
  scene.layOut(width, height)
  draw(player.isPlaying)
}

function draw(isPlaying: boolean): void {
  const now = performance.now()
  painter.paint(scene, now)
  if (isPlaying && now - figuresAt < FIGURES_MS) return
  figuresAt = now
  figures.update(scene.world)
  setText(about, scene.chosen ? figures.describeMember(scene.world, scene.chosen) : ABOUT_NOBODY)
  if (isPlaying && now - describedAt < DESCRIPTION_MS) return
  describedAt = now
  canvas.setAttribute('aria-label', figures.describe(scene.world))
}

function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error(`The page has no #${id}`)
  return element
}
