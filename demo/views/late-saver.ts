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
  const load = async (): Promise<Saver> => {
    const module = await import('../saving/saver.ts')
    saver ??= module.saver(options)
    return saver
  }
  return {
    prepare: once(async () => void (await load())),
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
    // A click that comes before it is here waits for it; where it can't be fetched the next click tries again.
    all: async () => (await load().catch(() => undefined))?.all(),
    file: async file => (await load().catch(() => undefined))?.file(file),
    cancel: () => saver?.cancel(),
  }
}
