/** What scenes of the share page are played with, for its pictures. */
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Browser, Page } from 'puppeteer-core'
import type { NodeShoalOptions, Torrent } from '../../../src/node/index.ts'
import { filesFromDisk } from '../../../src/node/disk-files.ts'
import { trackerOf } from '../../../demo/link.ts'
import { scratchFolder } from './cli.ts'
import { startClient } from './node-peers.ts'
import { payloadBytes } from './payload.ts'
import type { Scope } from './scope.ts'
import { type VisitOptions, WAIT } from './share-page.ts'

export interface Stage {
  readonly lifetime: Scope
  readonly address: string
  readonly of: Browser
  open(url: string, options?: Partial<VisitOptions>): Promise<Page>
  shoot(page: Page, name: string, options?: { readonly isForced?: boolean }): Promise<void>
}

export type Scene = (stage: Stage) => Promise<void>

/** Of a share that nobody has. */
export const NOWHERE = '00'.repeat(20)
export const FOLDER_NAME = 'Sommer am Meer'
const ASSETS = 'demo/cdn/made'
/** No two scenes share the same files: they would be one swarm. */
let folderCount = 0
const LARGE_BYTES = 150_000_000

export interface SharedFolder {
  readonly seeder: Torrent
  readonly link: string
}

/** An open share of a client in this process. */
export async function share(
  lifetime: Scope,
  address: string,
  folder: string,
  options: NodeShoalOptions,
): Promise<SharedFolder> {
  const shoal = startClient(lifetime, { trackers: [trackerOf(new URL(address))], ...options })
  const seeder = shoal.seed(await filesFromDisk([folder]), { name: basename(folder) })
  await seeder.ready
  return { seeder, link: `${address}#${seeder.infoHash}` }
}

export function hasProgress(page: Page, least: number): Promise<unknown> {
  return page.waitForFunction(
    least => (document.querySelector<HTMLProgressElement>('.torrent > progress')?.value ?? 0) > least,
    WAIT,
    least,
  )
}

export async function openDetails(page: Page): Promise<void> {
  const open = (): Promise<void> =>
    page.$$eval('.torrent details', panels => {
      for (const panel of panels) panel.open = true
    })
  await open()
  // What is in them is fetched.
  await page.waitForSelector('.diagnostics', WAIT)
  await open()
}

export async function closeDetails(page: Page): Promise<void> {
  await page.$$eval('details', panels => {
    for (const panel of panels) panel.open = false
  })
}

/** Pictures, a film and letters; `moreBytes`: of a large file beside them. */
export async function folderOf(lifetime: Scope, moreBytes = 3_000_000): Promise<string> {
  const folder = join(await scratchFolder(lifetime), FOLDER_NAME)
  await mkdir(join(folder, 'Tag 1'), { recursive: true })
  for (const name of ['agate.jpg', 'film.webm']) await cp(join(ASSETS, name), join(folder, name))
  for (const name of ['evening.jpg', 'coral.webp']) await cp(join(ASSETS, name), join(folder, 'Tag 1', name))
  await writeFile(join(folder, 'lies mich.txt'), 'Lieber Jonas,\n\nhier sind die Bilder vom Meer.\n\nDeine Mara\n')
  folderCount += 1
  await writeFile(join(folder, 'leer.txt'), '')
  await writeFile(join(folder, `${'ein-sehr-langer-name-'.repeat(5)}.raw`), payloadBytes(folderCount, 0, moreBytes))
  return folder
}

export async function largeFile(lifetime: Scope): Promise<string> {
  const path = join(await scratchFolder(lifetime), 'Geburtstag.mov')
  await writeFile(path, payloadBytes(1000 + folderCount++, 0, LARGE_BYTES))
  return path
}
