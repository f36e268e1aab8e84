/** Saving, fetched by those who receive: until then there is nothing to save. */
import { once } from '../once.ts'
import type { Saver, SaverOptions } from '../saving/saver.ts'

export interface LateSaver extends Omit<Saver, 'savedBytes' | 'totalBytes'> {
  /** 0 to 1: of what is being saved. */
  readonly share: number
  /** Long before anything can be saved: a picker opens in the click itself. */
  prepare(): void
}

export function lateSaver(options: SaverOptions): LateSaver {
  let saver: Saver | undefined
  return {
    prepare: once(async () => {
      saver = (await import('../saving/saver.ts')).saver(options)
    }),
    get isBusy() {
      return saver?.isBusy ?? false
    },
    get isSaved() {
      return saver?.isSaved ?? false
    },
    get share() {
      return saver === undefined || saver.totalBytes === 0 ? 0 : saver.savedBytes / saver.totalBytes
    },
    get words() {
      return saver?.words ?? ''
    },
    get error() {
      return saver?.error ?? ''
    },
    all: async () => saver?.all(),
    file: async file => saver?.file(file),
    cancel: () => saver?.cancel(),
  }
}
