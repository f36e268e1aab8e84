/** Where a deploy's files are: by root and number of the piece, as the worker knows them, and by path. */
import { toHex } from '../../metainfo/bytes.ts'
import type { Manifest } from '../manifest.ts'
import type { SiteFile } from '../manifest-fields.ts'
import { type SiteSwarm, swarmOf, swarmsOf } from '../swarms.ts'

export interface Place {
  readonly file: SiteFile
  readonly rootHex: string
  readonly swarm: SiteSwarm
  /** The file's pieces within the swarm, `end` exclusive. */
  readonly first: number
  readonly end: number
}

export class Places {
  /** Of the deploy; the site's own swarm first. */
  swarms: readonly SiteSwarm[] = []
  readonly #byRoot = new Map<string, Place>()
  readonly #byPath = new Map<string, Place>()

  /** Another deploy holds. */
  follow(manifest: Manifest): void {
    this.swarms = swarmsOf(manifest)
    this.#byRoot.clear()
    this.#byPath.clear()
    for (const file of manifest.files.values()) if (file.contentLength > 0) this.#put(file, swarmOf(this.swarms, file))
  }

  /** The hashes of a bulk file's pieces have come. */
  know(swarm: SiteSwarm): void {
    for (const place of [...this.#byPath.values()]) if (place.swarm.id === swarm.id) this.#put(place.file, swarm)
  }

  /** Undefined too for a piece that the file has not, and for a bulk file while the hashes of its pieces are not here. */
  byRoot(rootHex: string, piece: number): Place | undefined {
    const place = this.#byRoot.get(rootHex)
    return place && piece >= 0 && place.first + piece < place.end && isKnown(place) ? place : undefined
  }

  byPath(path: string): Place | undefined {
    const place = this.#byPath.get(path)
    return place && isKnown(place) ? place : undefined
  }

  ofSwarm(id: string): Place[] {
    return [...this.#byRoot.values()].filter(({ swarm }) => swarm.id === id)
  }

  #put(file: SiteFile, swarm: SiteSwarm): void {
    const range = swarm.metainfo.layout.piecesOf(file.swarm.kind === 'shared' ? file.swarm.file : 0)
    const rootHex = toHex(file.piecesRoot)
    const place = { file, rootHex, swarm, ...range }
    this.#byRoot.set(rootHex, place)
    this.#byPath.set(file.path, place)
  }
}

/** Bytes of pieces `first` to `end` (exclusive) of a swarm. */
export function bytesOfPieces({ metainfo }: SiteSwarm, first: number, end: number): number {
  let bytes = 0
  for (let piece = first; piece < end; piece++) bytes += metainfo.layout.pieceBytes(piece)
  return bytes
}

/** A file of one piece needs no more than its root. */
function isKnown({ swarm, first, end }: Place): boolean {
  return swarm.kind === 'shared' || end - first === 1 || swarm.metainfo.pieceLayers.size > 0
}
