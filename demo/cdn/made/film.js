/**
 * Makes film.webm: a dive of 40 s from the surface into the dark, drawn here frame by frame and compressed by ffmpeg (VP9, a key frame every
 * two seconds and the index at the front, so that it can be sought in).
 *
 *     node demo/cdn/made/film.js        needs ffmpeg with libvpx; takes some minutes
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { seeded } from '../seeded.js'

const WIDTH = 640
const HEIGHT = 360
const RATE = 24
const SECONDS = 40
const METRES = 400
/** The water is drawn at a quarter of the pixels: it has no edges. */
const STEP = 2

const ENCODER = [
  '-c:v',
  'libvpx-vp9',
  '-b:v',
  '430k',
  '-g',
  `${RATE * 2}`,
  '-row-mt',
  '1',
  '-deadline',
  'good',
  '-cpu-used',
  '2',
]
const CONTAINER = ['-pix_fmt', 'yuv420p', '-fflags', '+bitexact', '-flags:v', '+bitexact', '-cues_to_front', '1']
const INPUT = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${WIDTH}x${HEIGHT}`, '-r', `${RATE}`, '-i', '-']

/** Colours of the water by depth in metres. */
const WATER = [
  [0, 126, 224, 216],
  [20, 44, 168, 190],
  [80, 14, 92, 142],
  [200, 6, 38, 82],
  [400, 2, 8, 22],
]

/** Three by five pixels each, row by row. */
const FONT = {
  0: [7, 5, 5, 5, 7],
  1: [2, 6, 2, 2, 7],
  2: [7, 1, 7, 4, 7],
  3: [7, 1, 7, 1, 7],
  4: [5, 5, 7, 1, 1],
  5: [7, 4, 7, 1, 7],
  6: [7, 4, 7, 5, 7],
  7: [7, 1, 2, 2, 2],
  8: [7, 5, 7, 5, 7],
  9: [7, 5, 7, 1, 7],
  m: [0, 0, 7, 7, 5],
}

const random = seeded(40)
const snow = Array.from({ length: 260 }, () => ({
  x: random(),
  y: random(),
  near: 0.2 + 0.8 * random() ** 2,
  phase: random() * 7,
}))
const fish = Array.from({ length: 220 }, () => ({
  along: random(),
  across: random() * 2 - 1,
  off: random() * 2 - 1,
  pace: 0.8 + 0.4 * random(),
}))
const jellies = Array.from({ length: 11 }, () => ({
  x: 0.1 + 0.8 * random(),
  depth: 210 + 180 * random(),
  size: 14 + 26 * random(),
  phase: random() * 7,
}))

const frame = new Uint8ClampedArray(WIDTH * HEIGHT * 3)

function draw(seconds) {
  const share = seconds / SECONDS
  const depth = METRES * (share * share * (3 - 2 * share))
  water(seconds, depth)
  for (const flake of snow) drawFlake(flake, seconds, depth)
  for (const jelly of jellies) drawJelly(jelly, seconds, depth)
  for (const one of fish) drawFish(one, seconds, depth)
  write(`${Math.round(depth)}m`, 18, HEIGHT - 34, 4)
}

/** The water's own colour, sunbeams, and the dance of light under the surface. */
function water(seconds, depth) {
  const sun = Math.exp(-depth / 70)
  for (let y = 0; y < HEIGHT; y += STEP) {
    const colour = colourAt(depth + ((y / HEIGHT - 0.5) * (30 + depth)) / 3)
    for (let x = 0; x < WIDTH; x += STEP) {
      let light = 0
      if (sun > 0.02) {
        const angle = (x - WIDTH * 0.62) / (y + 140)
        const beams =
          Math.sin(angle * 17 + seconds * 0.35) +
          Math.sin(angle * 29 - seconds * 0.5) +
          Math.sin(angle * 7 + seconds * 0.2)
        light = Math.max(0, beams) * 0.13 * sun * (1 - (0.7 * y) / HEIGHT)
        if (depth < 60) light += caustic(x, y, seconds) * sun * 0.5 * (1 - y / HEIGHT)
      }
      const [red, green, blue] = colour
      const r = red + (255 - red) * light
      const g = green + (255 - green) * light
      const b = blue + (255 - blue) * light
      for (let dy = 0; dy < STEP; dy++) {
        for (let dx = 0; dx < STEP; dx++) put(x + dx, y + dy, r, g, b)
      }
    }
  }
}

function caustic(x, y, seconds) {
  const u = x / 46
  const v = y / 26 + 2
  let sum = 0
  for (let i = 1; i <= 3; i++) {
    const turn = seconds * 0.6 + i * 2.1
    const a = Math.sin(u * 0.9 + Math.cos(v * 0.7 + turn) + turn * 0.4)
    const b = Math.sin(v * 1.1 + Math.cos(u * 0.8 - turn) - turn * 0.3)
    sum += 1 / (0.35 + Math.abs(a + b))
  }
  return Math.min(1, (sum / 6) ** 2)
}

function colourAt(depth) {
  let next = WATER.findIndex(([at]) => at >= depth)
  if (next < 0) next = WATER.length - 1
  const [toAt, ...to] = WATER[next]
  const [fromAt, ...from] = WATER[Math.max(0, next - 1)]
  const share = toAt === fromAt ? 0 : Math.min(1, Math.max(0, (depth - fromAt) / (toAt - fromAt)))
  return to.map((value, i) => from[i] + (value - from[i]) * share)
}

function drawFlake({ x, y, near, phase }, seconds, depth) {
  const px = (x + 0.02 * Math.sin(seconds * 0.5 + phase)) * WIDTH
  const py = mod(y - (depth / METRES) * 9 * near + seconds * 0.01, 1) * HEIGHT
  glow(px, py, 0.8 + 1.4 * near, 190, 220, 225, 0.35 * near)
}

function drawJelly({ x, depth: at, size, phase }, seconds, depth) {
  const py = HEIGHT * 0.5 + (at - depth) * 7
  if (py < -90 || py > HEIGHT + 90) return
  const pulse = 1 + 0.14 * Math.sin(seconds * 2.4 + phase)
  const px = x * WIDTH + 12 * Math.sin(seconds * 0.4 + phase)
  glow(px, py, size * 1.9 * pulse, 70, 120, 255, 0.3)
  glow(px, py, size * 0.8 * pulse, 150, 220, 255, 0.75)
  for (let arm = -2; arm <= 2; arm++) {
    for (let i = 1; i < 16; i++) {
      const sway = Math.sin(seconds * 2 + phase - i * 0.35) * i * 0.45
      glow(px + arm * size * 0.22 + sway, py + size * 0.4 + i * size * 0.12, 1.6, 130, 190, 255, 0.5 - i * 0.028)
    }
  }
}

/** A shoal that comes by between 30 and 200 m. */
function drawFish({ along, across, off, pace }, seconds, depth) {
  const middle = HEIGHT * (0.45 + 0.12 * Math.sin(seconds * 0.5)) + (110 - depth) * 0.9
  const lead = mod(seconds * 0.055 * pace + along * 0.32 - 0.45, 1.7) - 0.3
  const bend = Math.sin(lead * 6 + seconds * 0.7)
  const x = lead * WIDTH + off * 26
  const y = middle + bend * 38 + across * (34 + 26 * Math.cos(lead * 5 + seconds))
  if (x < -20 || x > WIDTH + 20 || y < -20 || y > HEIGHT + 20) return
  const flash = 0.5 + 0.5 * Math.sin(seconds * 3 + along * 40 + across * 3)
  const light = Math.exp(-depth / 220)
  const body = light * (110 + 150 * flash)
  for (let i = -5; i <= 5; i++) {
    const wag = Math.sin(seconds * 9 * pace + along * 60 - i * 0.5) * (5 - i) * 0.09
    glow(x + i, y + wag, i < -3 ? 1.5 : 2.1 - Math.abs(i) * 0.22, body * 0.62, body * 0.9, body * 1.1 + 18, 0.75)
  }
}

/** A soft dot. */
function glow(cx, cy, radius, red, green, blue, strength) {
  const reach = Math.ceil(radius * 1.6)
  for (let y = Math.floor(cy) - reach; y <= cy + reach; y++) {
    for (let x = Math.floor(cx) - reach; x <= cx + reach; x++) {
      if (x < 0 || y < 0 || x >= WIDTH || y >= HEIGHT) continue
      const far = ((x - cx) ** 2 + (y - cy) ** 2) / (radius * radius)
      const share = strength * Math.exp(-far * 1.6)
      if (share < 0.01) continue
      const at = (y * WIDTH + x) * 3
      frame[at] += (red - frame[at]) * share
      frame[at + 1] += (green - frame[at + 1]) * share
      frame[at + 2] += (blue - frame[at + 2]) * share
    }
  }
}

function write(text, left, top, scale) {
  for (const [i, sign] of [...text].entries()) {
    for (const [row, bits] of FONT[sign].entries()) {
      for (let column = 0; column < 3; column++) {
        if (!(bits & (4 >> column))) continue
        for (let dy = 0; dy < scale; dy++) {
          for (let dx = 0; dx < scale; dx++)
            put(left + (i * 4 + column) * scale + dx, top + row * scale + dy, 235, 245, 246)
        }
      }
    }
  }
}

function put(x, y, red, green, blue) {
  const at = (y * WIDTH + x) * 3
  frame[at] = red
  frame[at + 1] = green
  frame[at + 2] = blue
}

function mod(value, by) {
  return ((value % by) + by) % by
}

const place = fileURLToPath(new URL('film.webm', import.meta.url))
const encoder = spawn('ffmpeg', ['-y', '-loglevel', 'error', ...INPUT, ...ENCODER, ...CONTAINER, place], {
  stdio: ['pipe', 'inherit', 'inherit'],
})
for (let i = 0; i < SECONDS * RATE; i++) {
  draw(i / RATE)
  if (!encoder.stdin.write(Buffer.from(frame))) await once(encoder.stdin, 'drain')
}
encoder.stdin.end()
const [code] = await once(encoder, 'close')
process.exitCode = code
