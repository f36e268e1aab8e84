/** Torrents that are remembered, each as a `.torrent` file in a folder of their own: readable by every other client. */
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { ShoalError } from '../errors.ts'
import { METAINFO_LIMITS } from '../options.ts'
import type { TorrentRecord } from '../ports.ts'
import { writeFailed } from './write-failed.ts'

const SUFFIX = '.torrent'
const TEMPORARY = /^[0-9a-f]{40}\.torrent\.\d+\.tmp$/

export class TorrentRecords {
  readonly #folder: string
  #isSwept = false

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Writes beside and renames, so that a crash leaves the old record or the new one. */
  async write({ infoHash, metainfo, addedAt }: TorrentRecord): Promise<void> {
    const path = this.#pathOf(infoHash)
    const temporary = `${path}.${process.pid}.tmp`
    try {
      await mkdir(this.#folder, { recursive: true })
      await this.#sweep()
      const file = await open(temporary, 'w')
      try {
        await file.writeFile(metainfo)
        await file.sync()
      } finally {
        await file.close()
      }
      // The time of the file is when the torrent was added.
      await utimes(temporary, addedAt / 1000, addedAt / 1000)
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {})
      throw await writeFailed(path, error)
    }
  }

  /** undefined: there is none, or none that can be read. */
  async read(infoHash: string): Promise<TorrentRecord | undefined> {
    const path = this.#pathOf(infoHash)
    try {
      const { mtimeMs, size } = await stat(path)
      // Layers come on top of the info dict: as much again, and then some.
      if (size === 0 || size > METAINFO_LIMITS.metadataBytesMax * 16) return undefined
      return { infoHash, metainfo: new Uint8Array(await readFile(path)), addedAt: Math.round(mtimeMs) }
    } catch {
      return undefined
    }
  }

  async readAll(): Promise<TorrentRecord[]> {
    const names = await readdir(this.#folder).catch(() => [])
    const records: TorrentRecord[] = []
    for (const name of names.sort()) {
      const infoHash = name.slice(0, -SUFFIX.length)
      if (!name.endsWith(SUFFIX) || !isInfoHash(infoHash)) continue
      const record = await this.read(infoHash)
      if (record !== undefined) records.push(record)
    }
    return records
  }

  async remove(infoHash: string): Promise<void> {
    const path = this.#pathOf(infoHash)
    try {
      await rm(path, { force: true })
    } catch (error) {
      throw await writeFailed(path, error)
    }
  }

  /** Removes what a process that died left half-written. A living one renames within moments of writing. */
  async #sweep(): Promise<void> {
    if (this.#isSwept) return
    this.#isSwept = true
    for (const name of await readdir(this.#folder)) {
      if (TEMPORARY.test(name) && !isAlive(Number(name.split('.')[2])))
        await rm(join(this.#folder, name), { force: true })
    }
  }

  #pathOf(infoHash: string): string {
    if (!isInfoHash(infoHash)) {
      throw new ShoalError('invalid-argument', `An infohash is 40 lowercase hexadecimal digits, not "${infoHash}".`)
    }
    return join(this.#folder, `${infoHash}${SUFFIX}`)
  }
}

function isInfoHash(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
