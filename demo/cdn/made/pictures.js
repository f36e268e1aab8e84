/**
 * Makes the four pictures, drawn here and compressed by ffmpeg.
 *
 *     node demo/cdn/made/pictures.js        needs ffmpeg with libwebp
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { seeded } from '../seeded.js'

const WIDTH = 1200
const HEIGHT = 800

const clamp = value => Math.max(0, Math.min(1, value))
const mix = (a, b, share) => a + (b - a) * share
const smooth = (from, to, value) => {
  const share = clamp((value - from) / (to - from))
  return share * share * (3 - 2 * share)
}

/** A colour between those of a list, at 0 to 1. */
function ramp(colours, at) {
  const place = clamp(at) * (colours.length - 1)
  const index = Math.min(colours.length - 2, Math.floor(place))
  return colours[index].map((value, i) => mix(value, colours[index + 1][i], place - index))
}

/** Smooth noise of several octaves, about -1 to 1. */
function noiseFrom(seed) {
  const random = seeded(seed)
  const lattice = Float32Array.from({ length: 65536 }, () => random() * 2 - 1)
  const at = (x, y) => lattice[((y & 255) << 8) | (x & 255)]
  const single = (x, y) => {
    const [i, j] = [Math.floor(x), Math.floor(y)]
    const [u, v] = [smooth(0, 1, x - i), smooth(0, 1, y - j)]
    return mix(mix(at(i, j), at(i + 1, j), u), mix(at(i, j + 1), at(i + 1, j + 1), u), v)
  }
  return (x, y, octaves) => {
    let sum = 0
    let weight = 0.5
    for (let i = 0; i < octaves; i++, weight /= 2) sum += weight * single(x * 2 ** i + i * 17, y * 2 ** i + i * 31)
    return sum
  }
}

/** An agate: bands around what the water left behind. */
function agate() {
  const noise = noiseFrom(3)
  const colours = [
    [14, 40, 58],
    [18, 92, 112],
    [92, 170, 168],
    [232, 226, 200],
    [206, 140, 92],
    [110, 58, 52],
    [240, 232, 214],
    [36, 86, 104],
    [12, 30, 46],
  ]
  return (x, y) => {
    const [u, v] = [x / 420, y / 420]
    const a = noise(u + 5, v, 4)
    const b = noise(u, v + 9, 4)
    const field = noise(u + 1.7 * a, v + 1.7 * b, 5) + 0.25 * Math.hypot(u - 1.5, v - 0.9)
    const band = field * 5.2 + 1.2
    const fine = 0.5 + 0.5 * Math.sin(band * 46 + a * 9)
    const [red, green, blue] = ramp(colours, band - Math.floor(band))
    const light = 0.86 + 0.2 * fine
    return [red * light, green * light, blue * light]
  }
}

/** A coral, as reaction and diffusion grow it (Gray and Scott). */
function coral() {
  const [width, height] = [300, 200]
  let a = new Float32Array(width * height).fill(1)
  let b = new Float32Array(width * height)
  const random = seeded(8)
  for (let i = 0; i < 26; i++) {
    const [cx, cy] = [Math.floor(random() * width), Math.floor(random() * height)]
    for (let y = -3; y <= 3; y++)
      for (let x = -3; x <= 3; x++) b[((cy + y + height) % height) * width + ((cx + x + width) % width)] = 1
  }
  let [nextA, nextB] = [new Float32Array(a.length), new Float32Array(a.length)]
  for (let step = 0; step < 5200; step++) {
    for (let y = 0; y < height; y++) {
      const [up, down] = [((y + height - 1) % height) * width, ((y + 1) % height) * width]
      for (let x = 0; x < width; x++) {
        const [left, right] = [(x + width - 1) % width, (x + 1) % width]
        const row = y * width
        const i = row + x
        const spread = f =>
          0.2 * (f[row + left] + f[row + right] + f[up + x] + f[down + x]) +
          0.05 * (f[up + left] + f[up + right] + f[down + left] + f[down + right]) -
          f[i]
        const eaten = a[i] * b[i] * b[i]
        nextA[i] = a[i] + spread(a) - eaten + 0.0545 * (1 - a[i])
        nextB[i] = b[i] + 0.5 * spread(b) + eaten - (0.062 + 0.0545) * b[i]
      }
    }
    ;[a, nextA, b, nextB] = [nextA, a, nextB, b]
  }
  const sample = (x, y) => {
    const [i, j] = [Math.floor(x), Math.floor(y)]
    const [u, v] = [smooth(0, 1, x - i), smooth(0, 1, y - j)]
    const at = (k, l) => b[((l + height) % height) * width + ((k + width) % width)]
    return mix(mix(at(i, j), at(i + 1, j), u), mix(at(i, j + 1), at(i + 1, j + 1), u), v)
  }
  const noise = noiseFrom(5)
  return (x, y) => {
    const [u, v] = [x / 4, y / 4]
    const high = sample(u, v)
    const slope = (sample(u + 0.7, v + 0.5) - sample(u - 0.7, v - 0.5)) * 5
    const body = smooth(0.1, 0.24, high)
    const hue = clamp(0.5 + 0.9 * noise(x / 500, y / 500, 3))
    const flesh = [mix(255, 246, hue), mix(118, 178, hue), mix(108, 120, hue)]
    const deep = [8, 34 + 22 * hue, 62 + 20 * hue]
    const light = clamp(0.78 - slope * 1.3) * (0.72 + 0.9 * high)
    return flesh.map((value, i) => mix(deep[i] * (0.8 + 0.4 * high), value * light * 1.12, body))
  }
}

/** The sea in the evening: waves of every length, lit from the horizon. */
function evening() {
  const noise = noiseFrom(21)
  return (x, y) => {
    const horizon = 300
    if (y < horizon) {
      const cloud = smooth(0.02, 0.5, noise(x / 330 + 3, y / 46, 6))
      const [red, green, blue] = ramp(
        [
          [34, 52, 92],
          [120, 96, 130],
          [240, 150, 104],
          [255, 214, 150],
        ],
        (y / horizon) ** 1.5,
      )
      const sun = Math.exp(-(((x - 760) / 120) ** 2 + ((y - 286) / 90) ** 2))
      return [red + 60 * cloud * (y / horizon) + 130 * sun, green + 16 * cloud + 90 * sun, blue + 10 * cloud + 30 * sun]
    }
    const away = 1 / (y - horizon + 9)
    const [u, v] = [(x - 600) * away * 26, 9000 * away]
    const wave = (k, l) => noise(k * 0.16, l * 0.5, 6)
    const tilt = (wave(u, v + 0.22) - wave(u, v - 0.22)) * 3.2 + (wave(u + 0.3, v) - wave(u - 0.3, v))
    const path = Math.exp(-(((x - 760) / (70 + (y - horizon) * 0.32)) ** 2))
    const glitter = smooth(0.32, 0.75, tilt + 0.25) * path
    const near = (y - horizon) / (HEIGHT - horizon)
    const sky = clamp(0.5 - tilt * 0.9)
    const base = ramp(
      [
        [226, 140, 104],
        [96, 92, 122],
        [18, 58, 86],
        [6, 30, 48],
      ],
      near ** 0.55,
    )
    return base.map((value, i) => value * (0.62 + 0.55 * sky) + glitter * [255, 205, 140][i])
  }
}

/** Diatoms: glass shells of single cells, as a microscope in dark field shows them. */
function diatoms() {
  const random = seeded(12)
  const cells = []
  for (let tries = 0; tries < 4000 && cells.length < 26; tries++) {
    const size = 46 + 130 * random() ** 2
    const [x, y] = [random() * WIDTH, random() * HEIGHT]
    if (cells.some(cell => Math.hypot(cell.x - x, cell.y - y) < (cell.size + size) * 0.98)) continue
    const arms = [3, 4, 5, 6, 8, 9, 12][Math.floor(random() * 7)]
    cells.push({
      x,
      y,
      size,
      arms,
      turn: random() * 7,
      rings: 4 + Math.floor(random() * 6),
      wave: random() * 0.16,
      tint: random(),
    })
  }
  const tints = [
    [96, 214, 226],
    [240, 214, 138],
    [150, 236, 176],
    [176, 176, 255],
  ]
  return (x, y) => {
    const pixel = [5, 14, 24]
    for (const { x: cx, y: cy, size, arms, turn, rings, wave, tint } of cells) {
      const far = Math.hypot(x - cx, y - cy)
      if (far > size * 1.5) continue
      const angle = Math.atan2(y - cy, x - cx) + turn
      const edge = size * (1 + wave * Math.cos(arms * angle))
      const inner = far / edge
      let light = 0.5 * Math.exp(-(((inner - 1) * 14) ** 2)) + 0.16 * Math.exp(-Math.max(0, inner - 1) * 9)
      if (inner < 1) {
        const ring = inner * rings
        const count = arms * Math.max(1, Math.round(Math.ceil(ring) * 1.6))
        const cell = (angle / (2 * Math.PI)) * count
        const across = (((cell % 1) + 1) % 1) - 0.5
        const gap = Math.hypot((ring % 1) - 0.5, across * Math.min(1, (6.2 * ring) / count))
        light += 0.08 + 0.5 * smooth(0.3, 0.42, gap) * smooth(0.62, 0.44, gap) + 0.2 * smooth(0.2, 0.05, gap)
        light += 0.22 * Math.exp(-(((((((angle * arms) / (2 * Math.PI)) % 1) + 1.5) % 1) - 0.5) ** 2) * 420) * inner
      }
      const colour = ramp(tints, tint)
      for (let i = 0; i < 3; i++) pixel[i] += colour[i] * light
    }
    return pixel
  }
}

/** Four samples a pixel, so that edges are smooth. */
function drawn(paint) {
  const frame = Buffer.alloc(WIDTH * HEIGHT * 3)
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const sums = [0, 0, 0]
      for (const [dx, dy] of [
        [0.25, 0.25],
        [0.75, 0.25],
        [0.25, 0.75],
        [0.75, 0.75],
      ]) {
        const colour = paint(x + dx, y + dy)
        for (let i = 0; i < 3; i++) sums[i] += Math.max(0, Math.min(255, colour[i]))
      }
      for (let i = 0; i < 3; i++) frame[(y * WIDTH + x) * 3 + i] = sums[i] / 4
    }
  }
  return frame
}

async function compress(frame, name, options) {
  const place = fileURLToPath(new URL(name, import.meta.url))
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${WIDTH}x${HEIGHT}`, '-i', '-']
  const output = ['-frames:v', '1', '-fflags', '+bitexact', ...options, place]
  const encoder = spawn('ffmpeg', ['-y', '-loglevel', 'error', ...input, ...output], {
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  encoder.stdin.end(frame)
  await once(encoder, 'close')
}

await compress(drawn(agate()), 'agate.jpg', ['-q:v', '5'])
await compress(drawn(coral()), 'coral.webp', ['-quality', '82'])
await compress(drawn(evening()), 'evening.jpg', ['-q:v', '5'])
await compress(drawn(diatoms()), 'diatoms.webp', ['-quality', '82'])
