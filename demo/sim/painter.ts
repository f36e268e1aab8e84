/** Draws a scene on a canvas, and how many copies there are of each piece on another. */
import type { Disk } from '../../test/sim/disk.ts'
import type { Member } from '../../test/sim/member.ts'
import { bansOf, type Dot, type Kind, kindOf, PULSE_MS, type Pulse, type Scene } from './scene.ts'

type Colours = Readonly<Record<Kind | 'track', string>>

const KINDS = ['seed', 'leech', 'complete', 'polluter', 'origin', 'away', 'track'] as const
const TURN = 2 * Math.PI
const TOP = -Math.PI / 2
/** Sharper than this nobody sees, and it costs. */
const PIXEL_RATIO_MAX = 2

export class Painter {
  readonly #canvas: HTMLCanvasElement
  readonly #pieces: HTMLCanvasElement
  readonly #isStill: () => boolean
  #colours: Colours

  /** @param isStill whether the viewer wants no motion: lines are shown, and nothing runs along them */
  constructor(canvas: HTMLCanvasElement, pieces: HTMLCanvasElement, isStill: () => boolean) {
    this.#canvas = canvas
    this.#pieces = pieces
    this.#isStill = isStill
    this.#colours = coloursOf(canvas)
  }

  /** The colours are those of the style sheet, light or dark. */
  renewColours(): void {
    this.#colours = coloursOf(this.#canvas)
  }

  /** @returns the canvas's size in CSS pixels, after fitting its pixels to it */
  fit(): { width: number; height: number } {
    for (const canvas of [this.#canvas, this.#pieces]) {
      const ratio = Math.min(PIXEL_RATIO_MAX, devicePixelRatio)
      canvas.width = Math.round(canvas.clientWidth * ratio)
      canvas.height = Math.round(canvas.clientHeight * ratio)
    }
    return { width: this.#canvas.clientWidth, height: this.#canvas.clientHeight }
  }

  paint(scene: Scene, now: number): void {
    const pen = penOf(this.#canvas)
    pen.lineCap = 'round'
    if (scene.chosen !== undefined) this.#paintConnections(pen, scene, scene.chosen)
    for (const pulse of scene.pulses(now)) this.#paintPulse(pen, pulse, (now - pulse.bornAt) / PULSE_MS)
    const bans = bansOf(scene.world)
    for (const dot of scene.dots) this.#paintDot(pen, dot, scene, bans.get(dot.member?.peerId ?? '') ?? 0)
    this.#paintPieces(scene)
  }

  #paintConnections(pen: CanvasRenderingContext2D, scene: Scene, member: Member): void {
    const from = scene.dotOf(member)
    if (from === undefined) return
    pen.strokeStyle = this.#colours.away
    pen.lineWidth = 1.5
    for (const end of member.life?.ends.values() ?? []) {
      const to = scene.dotOf(end.other.life.member)
      if (to === undefined) continue
      pen.beginPath()
      pen.moveTo(from.x, from.y)
      pen.lineTo(to.x, to.y)
      pen.stroke()
    }
    circle(pen, from.x, from.y, scene.dotRadius * 1.5)
    pen.stroke()
  }

  /** A line that fades, and a block that runs along it. */
  #paintPulse(pen: CanvasRenderingContext2D, { from, to, kind }: Pulse, age: number): void {
    const bend = 0.14
    const middleX = (from.x + to.x) / 2 + (to.y - from.y) * bend
    const middleY = (from.y + to.y) / 2 - (to.x - from.x) * bend
    pen.strokeStyle = this.#colours[kind]
    pen.fillStyle = this.#colours[kind]
    pen.lineWidth = kind === 'leech' ? 1.1 : 1.7
    pen.globalAlpha = (1 - age) * (kind === 'leech' ? 0.34 : 0.6)
    pen.beginPath()
    pen.moveTo(from.x, from.y)
    pen.quadraticCurveTo(middleX, middleY, to.x, to.y)
    pen.stroke()
    if (!this.#isStill()) {
      const t = age * (2 - age)
      const x = (1 - t) * (1 - t) * from.x + 2 * (1 - t) * t * middleX + t * t * to.x
      const y = (1 - t) * (1 - t) * from.y + 2 * (1 - t) * t * middleY + t * t * to.y
      pen.globalAlpha = 1 - age * age
      pen.beginPath()
      pen.arc(x, y, kind === 'leech' ? 2 : 2.6, 0, TURN)
      pen.fill()
    }
    pen.globalAlpha = 1
  }

  #paintDot(pen: CanvasRenderingContext2D, { member, x, y }: Dot, scene: Scene, banned: number): void {
    const kind = kindOf(member)
    const radius = scene.dotRadius * (kind === 'seed' ? 1.2 : 1)
    const colour = this.#colours[kind]
    pen.fillStyle = colour
    pen.strokeStyle = colour
    if (member === undefined) return paintServer(pen, x, y, radius)
    if (kind === 'away') {
      pen.lineWidth = 1.2
      pen.setLineDash([2, 3])
      circle(pen, x, y, radius * 0.8)
      pen.stroke()
      pen.setLineDash([])
      return
    }
    const width = Math.max(2, radius * 0.3)
    const ringRadius = radius - width / 2
    // So that lines end at the dot and do not cross it.
    pen.fillStyle = this.#colours.track
    circle(pen, x, y, radius)
    pen.fill()
    pen.lineWidth = width
    pen.lineCap = 'butt'
    pen.globalAlpha = kind === 'polluter' ? 1 - 0.65 * banned : 1
    paintRing(pen, x, y, ringRadius, member.disk, scene.world.torrent.pieceCount)
    pen.fillStyle = colour
    pen.globalAlpha *= kind === 'leech' ? 0.15 + 0.6 * (member.disk.count / scene.world.torrent.pieceCount) : 1
    circle(pen, x, y, Math.max(1, radius - width - Math.max(1, radius * 0.14)))
    pen.fill()
    pen.globalAlpha = 1
    if (kind === 'polluter' && banned > 0.5) paintCross(pen, x, y, radius)
  }

  /** A column a piece: how many visitors have it. */
  #paintPieces({ world }: Scene): void {
    const pen = penOf(this.#pieces)
    const { clientWidth: width, clientHeight: height } = this.#pieces
    const { pieceCount } = world.torrent
    const { leeches } = world
    const columnWidth = width / pieceCount
    for (let piece = 0; piece < pieceCount; piece++) {
      const copies = leeches.reduce((count, leech) => count + (leech.disk.has(piece) ? 1 : 0), 0)
      const share = copies / leeches.length
      const left = piece * columnWidth
      const gap = columnWidth > 5 ? 1.5 : 0.6
      pen.fillStyle = this.#colours.track
      pen.fillRect(left, 0, columnWidth - gap, height)
      pen.fillStyle = share === 1 ? this.#colours.complete : this.#colours.leech
      pen.fillRect(left, height * (1 - share), columnWidth - gap, height * share)
    }
  }
}

/** A piece is an arc of the ring; neighbours that are here are drawn in one stroke. */
function paintRing(
  pen: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  disk: Disk,
  pieceCount: number,
): void {
  let first = 0
  while (first < pieceCount) {
    if (!disk.has(first)) {
      first++
      continue
    }
    let end = first + 1
    while (end < pieceCount && disk.has(end)) end++
    pen.beginPath()
    pen.arc(x, y, radius, TOP + (first / pieceCount) * TURN, TOP + (end / pieceCount) * TURN)
    pen.stroke()
    first = end
  }
}

/** Three drawers, one above the other. */
function paintServer(pen: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  const width = radius * 2.1
  const height = radius * 0.62
  for (const row of [-1, 0, 1]) {
    pen.beginPath()
    pen.roundRect(x - width / 2, y + row * radius * 0.76 - height / 2, width, height, height * 0.3)
    pen.fill()
  }
}

function paintCross(pen: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  const reach = radius * 0.9
  pen.lineWidth = Math.max(1.5, radius * 0.16)
  pen.beginPath()
  pen.moveTo(x - reach, y - reach)
  pen.lineTo(x + reach, y + reach)
  pen.moveTo(x + reach, y - reach)
  pen.lineTo(x - reach, y + reach)
  pen.stroke()
}

function circle(pen: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  pen.beginPath()
  pen.arc(x, y, radius, 0, TURN)
}

/** A clean canvas, to be drawn on in CSS pixels. */
function penOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const pen = canvas.getContext('2d')
  if (pen === null) throw new Error('This browser draws no canvas')
  const ratio = canvas.clientWidth === 0 ? 1 : canvas.width / canvas.clientWidth
  pen.setTransform(ratio, 0, 0, ratio, 0, 0)
  pen.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight)
  return pen
}

function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element)
  return Object.fromEntries(KINDS.map(kind => [kind, style.getPropertyValue(`--${kind}`).trim()])) as Colours
}
