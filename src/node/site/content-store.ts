/**
 * Contents of a site's files on disk, each under the hex of its root: a file that stays the same from deploy to deploy is there once,
 * and the swarms of two deploys are served at the same time.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '../../metainfo/bytes.ts'
import type { PieceStore, Store } from '../../ports.ts'
import { ConfinedFolder } from '../confined-folder.ts'
import { FileHandles } from '../file-handles.ts'
import { FilePieces } from '../file-pieces.ts'
import { storeOf } from './site-source.ts'

export class ContentStore {
  readonly store: Store
  readonly #folder: ConfinedFolder
  readonly #handles: FileHandles
  readonly #open = new Set<PieceStore>()

  /** @param directory made when absent; nothing else may lie in it */
  constructor(directory: string) {
    this.#folder = new ConfinedFolder(directory)
    this.#handles = new FileHandles({ open: (path, mode) => this.#folder.open(path, mode) })
    this.store = storeOf(
      ({ layout }) => this.#openPieces(layout.files.map(({ piecesRoot, length }) => ({ root: piecesRoot!, length }))),
      () => this.#close(),
    )
  }

  /** Deletes every other content. @param roots hex */
  async keepOnly(roots: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.#folder.root).catch(() => [])
    await Promise.all(names.filter(name => !roots.has(name)).map(name => rm(join(this.#folder.root, name))))
  }

  async #openPieces(files: readonly { readonly root: Uint8Array; readonly length: number }[]): Promise<PieceStore> {
    await this.#folder.create()
    const pieces: FilePieces = new FilePieces({
      layout: { files: files.map(({ root, length }) => ({ path: toHex(root), length })) },
      folder: this.#folder,
      handles: this.#handles,
      onClose: () => this.#open.delete(pieces),
    })
    this.#open.add(pieces)
    return pieces
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#open].map(pieces => pieces.close()))
    await this.#handles.close()
  }
}
