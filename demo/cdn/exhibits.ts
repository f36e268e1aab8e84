/** What the site is about: the film, the shell and the pictures, each in a frame that waits for it. */
import { button, el, setText, show } from '../dom.ts'
import { formatCount } from '../format.ts'
import { DRACO, FILM, PICTURES, SCENE, SHELL } from './assets.ts'
import type { SceneParts } from './scene.ts'

export interface Exhibits {
  readonly element: HTMLElement
  /** A picture may be shown: it is here, or HTTP may bring it. */
  showPicture(name: string): void
  /** The film may be played: before it is here too, but then it is not waited for others to bring it. */
  offerFilm(): void
  /** The film is here. */
  showFilm(): void
  showScene(): Promise<void>
}

const CHAPTERS = [
  ['Surface', 0],
  ['Shoal', 13],
  ['Twilight', 22],
  ['Dark', 30],
] as const

export function exhibits(): Exhibits {
  const video = el('video', { controls: true, muted: true, loop: true, playsInline: true, preload: 'none' })
  video.setAttribute('aria-label', 'A dive from the surface to 400 metres')
  const seekers = CHAPTERS.map(([label, seconds]) => button(label, () => seek(video, seconds), 'small'))
  const film = figure('film', video, 'A dive to 400 m. Seek anywhere: what is missing is fetched first.')
  film.element.append(el('div', { className: 'row', attributes: { role: 'group', 'aria-label': 'Go to' } }, ...seekers))

  const canvas = el('canvas', { tabIndex: 0 })
  canvas.setAttribute('role', 'img')
  canvas.setAttribute('aria-label', 'A spotted sea shell that turns; the arrow keys turn it too')
  const shell = figure('shell', canvas, 'A shell, unpacked by WebAssembly, drawn by three.js. Drag to turn it.')

  const pictures = new Map(
    PICTURES.map(picture => {
      const image = el('img', { alt: picture.alt, width: 1200, height: 800, decoding: 'async' })
      return [picture.name as string, { ...figure('picture', image, ''), image, url: picture.url }]
    }),
  )
  return {
    element: el(
      'div',
      { className: 'exhibits' },
      film.element,
      shell.element,
      ...[...pictures.values()].map(({ element }) => element),
    ),
    showPicture(name) {
      const { image, url, arrived } = pictures.get(name)!
      image.onload = arrived
      image.src = url
    },
    offerFilm() {
      video.onloadeddata = film.arrived
      video.src = FILM.url
    },
    showFilm() {
      video.preload = 'auto'
      // Whoever has begun to watch goes on.
      if (video.readyState === 0 && video.paused) video.load()
    },
    async showScene() {
      const [module, wasm, bytes] = await Promise.all([
        import(SCENE.url) as Promise<typeof import('./scene.ts')>,
        fetch(DRACO.url).then(response => response.arrayBuffer()),
        fetch(SHELL.url).then(response => response.arrayBuffer()),
      ])
      const isMoving = !matchMedia('(prefers-reduced-motion: reduce)').matches
      const parts: SceneParts = { canvas, wasm, shell: bytes, isMoving }
      try {
        const { triangles } = await module.startScene(parts)
        const words = `${formatCount(triangles, 'triangle')}, unpacked by WebAssembly, drawn by three.js. Drag to turn it.`
        setText(shell.caption, words)
      } catch {
        setText(shell.caption, 'The shell is here, but this browser has no WebGL to draw it.')
      }
      shell.arrived()
    },
  }
}

function figure(name: string, content: HTMLElement, words: string) {
  const caption = el('figcaption', { className: 'quiet', textContent: words })
  show(caption, words !== '')
  const frame = el('div', { className: 'frame' }, content)
  const element = el('figure', { className: name }, frame, caption)
  return { element, caption, arrived: () => element.classList.add('here') }
}

function seek(video: HTMLVideoElement, seconds: number): void {
  video.preload = 'auto'
  video.currentTime = seconds
  // Refused where the browser wants a gesture first, or for somebody who wants no motion.
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches) void video.play().catch(() => undefined)
}
