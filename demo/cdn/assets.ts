/** The site's assets, in the order in which the page wants them. */
import agate from 'listed:./made/agate.jpg'
import coral from 'listed:./made/coral.webp'
import diatoms from 'listed:./made/diatoms.webp'
import evening from 'listed:./made/evening.jpg'
import film from 'listed:./made/film.webm'
import shell from 'listed:./made/shell.drc'
import scene from 'listed:./scene.ts'
import draco from 'listed:three/examples/jsm/libs/draco/draco_decoder.wasm'

export interface Asset {
  readonly name: string
  readonly url: string
}

export const PICTURES = [
  { name: 'evening.jpg', url: evening, alt: 'The sea at sunset, the sun’s path glittering on the waves' },
  { name: 'coral.webp', url: coral, alt: 'A coral like a maze, in pink and orange' },
  { name: 'diatoms.webp', url: diatoms, alt: 'Glassy shells of diatoms, stars and discs, glowing on black' },
  { name: 'agate.jpg', url: agate, alt: 'Bands of an agate in teal, sand and rust' },
] as const

export const SCENE = { name: 'scene.js', url: scene }
export const DRACO = { name: 'draco.wasm', url: draco }
export const SHELL = { name: 'shell.drc', url: shell }
export const FILM = { name: 'film.webm', url: film }

export const ASSETS: readonly Asset[] = [...PICTURES, SCENE, DRACO, SHELL, FILM]
