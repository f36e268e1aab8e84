/**
 * Writes many files so that a run that is stopped leaves all of them as they were: they are made in a folder beside, and take their
 * places together, in a given order, once all are there.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, renameSync } from 'node:fs'
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const PREFIX = '.shoal-staging-'
/** What a run left that was killed is removed by one that comes so much later. */
const STALE_MS = 60 * 60_000

export class Staging {
  readonly #folder: string
  readonly #moves: { readonly from: string; readonly to: string }[] = []

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** @param folder that the files go to, or one on the same disk: a rename cannot leave it */
  static async open(folder: string): Promise<Staging> {
    for (const name of await readdir(folder)) {
      if (!name.startsWith(PREFIX)) continue
      const { mtimeMs } = await stat(join(folder, name))
      if (Date.now() - mtimeMs > STALE_MS) await rm(join(folder, name), { recursive: true, force: true })
    }
    const place = join(folder, `${PREFIX}${randomBytes(6).toString('hex')}`)
    await mkdir(place)
    return new Staging(place)
  }

  /** Files take their places in the order of these calls. @returns where it is until then */
  async add(to: string, bytes: Uint8Array): Promise<string> {
    const from = join(this.#folder, String(this.#moves.length))
    this.#moves.push({ from, to })
    await writeFile(from, bytes)
    return from
  }

  /** Puts all in their places. Synchronous: no signal comes between. */
  commit(): void {
    for (const { to } of this.#moves) mkdirSync(dirname(to), { recursive: true })
    for (const { from, to } of this.#moves) renameSync(from, to)
  }

  /** Removes what was not put in its place. */
  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** One file in its place, or none. */
export async function replaceFile(place: string, bytes: Uint8Array): Promise<void> {
  const staging = await Staging.open(dirname(place))
  try {
    await staging.add(place, bytes)
    staging.commit()
  } finally {
    await staging.close()
  }
}
