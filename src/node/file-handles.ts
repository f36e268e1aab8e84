/** A bounded number of open files: the least recently used is closed for the next, and those idle for a while close by themselves. */
import type { FileHandle } from 'node:fs/promises'
import { STORE_LIMITS } from '../options.ts'

export type FileMode = 'read' | 'write'

export interface FileHandlesOptions {
  open(path: string, mode: FileMode): Promise<FileHandle>
  /** @default 64 */
  readonly handlesMax?: number
  /** @default 10 s */
  readonly idleMs?: number
}

export class FileHandles {
  readonly #open: FileHandlesOptions['open']
  readonly #handlesMax: number
  readonly #idleMs: number
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>()
  readonly #waiting: (() => void)[] = []
  #sweeping: NodeJS.Timeout | undefined

  constructor({
    open,
    handlesMax = STORE_LIMITS.fileHandlesMax,
    idleMs = STORE_LIMITS.fileHandleIdleMs,
  }: FileHandlesOptions) {
    this.#open = open
    this.#handlesMax = handlesMax
    this.#idleMs = idleMs
  }

  /** How many files are open or being opened. */
  get size(): number {
    return this.#entries.size
  }

  /** Lends the open file to `work` and keeps it open for the next. Waits while all handles are lent. */
  async use<T>(path: string, mode: FileMode, work: (handle: FileHandle) => Promise<T>): Promise<T> {
    const key = `${mode} ${path}`
    for (;;) {
      const entry = await this.#take(key, path, mode)
      const isNew = entry.usedAt === 0
      try {
        const handle = await entry.opening
        if (isNew || (await isLinked(handle))) return await work(handle)
      } finally {
        this.#giveBack(entry)
      }
      // Somebody deleted the file under the open handle: what is written to it would be lost.
      if (this.#entries.get(key) === entry) await this.#drop(key)
    }
  }

  #giveBack(entry: Entry): void {
    entry.users--
    entry.usedAt = Date.now()
    this.#waiting.shift()?.()
    this.#sweepLater()
  }

  /** Closes what is idle now, and what is lent as soon as it is given back. */
  async close(): Promise<void> {
    clearTimeout(this.#sweeping)
    this.#sweeping = undefined
    await Promise.all([...this.#entries.keys()].map(key => this.#drop(key)))
  }

  async #take(key: string, path: string, mode: FileMode): Promise<Entry> {
    for (;;) {
      const known = this.#entries.get(key)
      if (known === undefined && this.#entries.size >= this.#handlesMax) {
        const idle = [...this.#entries].find(([, entry]) => entry.users === 0)
        if (idle === undefined) await new Promise<void>(resolve => this.#waiting.push(resolve))
        else await this.#drop(idle[0])
        // Others may have come first while this one waited: look again.
        continue
      }
      const entry = known ?? { opening: this.#open(path, mode), users: 0, usedAt: 0 }
      entry.users++
      this.#entries.delete(key)
      this.#entries.set(key, entry)
      if (known === undefined) entry.opening.catch(() => this.#forget(key, entry))
      return entry
    }
  }

  #forget(key: string, entry: Entry): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key)
  }

  async #drop(key: string): Promise<void> {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    const handle = await entry.opening.catch(() => undefined)
    // FileHandle.close waits for the operations that are under way on it.
    await handle?.close()
  }

  #sweepLater(): void {
    if (this.#sweeping !== undefined || this.#entries.size === 0) return
    this.#sweeping = setTimeout(() => {
      this.#sweeping = undefined
      const oldest = Date.now() - this.#idleMs
      for (const [key, { users, usedAt }] of this.#entries) {
        if (users === 0 && usedAt <= oldest) void this.#drop(key).catch(() => {})
      }
      this.#sweepLater()
    }, this.#idleMs)
    // An idle file is no reason for a process to live.
    this.#sweeping.unref()
  }
}

async function isLinked(handle: FileHandle): Promise<boolean> {
  return (await handle.stat()).nlink > 0
}

interface Entry {
  readonly opening: Promise<FileHandle>
  users: number
  usedAt: number
}
