/** What a page's heap grows by while it seeds 2 GiB, downloads 1 GiB and saves 2 GiB. Line 6 of the goals. */
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ElementHandle, Page } from 'puppeteer-core'
import { launchBrowser, openTab, profileFolder } from '../e2e/support/browser.ts'
import { payloadChunks } from '../e2e/support/payload.ts'
import { Scope } from '../e2e/support/scope.ts'
import { type Bench, type Ground, MIB, type Row } from './bench.ts'
import { heapRows, watchHeap } from './heap.ts'
import { measureSaving } from './saving.ts'

const GROWTH_MB_MAX = 150
const DOWNLOAD_TIMEOUT_MS = 600_000

export const memory: Bench = {
  name: 'memory',
  title: 'heap growth while seeding 2 GiB, downloading 1 GiB and saving 2 GiB',
  secondsPerRun: 300,
  async run(ground) {
    return [
      ...(await measureSeeding(ground, 2048 * MIB)),
      ...(await measureDownload(ground, 1024 * MIB)),
      ...(await measureSaving(ground, { lengthBytes: 2048 * MIB, files: 1 })),
      ...(await measureSaving(ground, { lengthBytes: 200 * MIB, files: 10_000 })),
    ]
  },
}

async function measureSeeding(ground: Ground, length: number): Promise<Row[]> {
  return withVisitorsOnDisk(ground, 1, length, async ([seeder], path) => {
    const heap = await watchHeap(seeder!)
    await seedFile(seeder!, path, ground.trackerUrl)
    ground.log(`  2 GiB are seeded; the heap's peak grew by ${heap.growthMB().toFixed(0)} MB`)
    return heapRows('seed() of 2 GiB', GROWTH_MB_MAX, await heap.stop())
  })
}

async function measureDownload(ground: Ground, length: number): Promise<Row[]> {
  return withVisitorsOnDisk(ground, 2, length, async ([seeder, leech], path) => {
    const magnet = await seedFile(seeder!, path, ground.trackerUrl)
    const [seederHeap, leechHeap] = [await watchHeap(seeder!), await watchHeap(leech!)]
    const seconds = await leech!.evaluate(
      async (link, timeoutMs) => {
        const { Shoal } = await kit.shoal()
        const client = new Shoal({ trackers: [], iceServers: [] })
        const startedAt = performance.now()
        const torrent = client.add(link)
        kit.kept.set('torrent', torrent)
        await kit.within(timeoutMs, 'The download', torrent.done)
        return (performance.now() - startedAt) / 1000
      },
      magnet,
      DOWNLOAD_TIMEOUT_MS,
    )
    ground.log(`  1 GiB took ${seconds.toFixed(0)} s; the heap's peak grew by ${leechHeap.growthMB().toFixed(0)} MB`)
    return [
      ...heapRows('download of 1 GiB', GROWTH_MB_MAX, await leechHeap.stop()),
      ...heapRows('upload of 1 GiB', GROWTH_MB_MAX, await seederHeap.stop()),
    ]
  })
}

/** Browsers with profiles on disk (private contexts keep IndexedDB in memory), and a real file to choose. */
async function withVisitorsOnDisk<T>(
  ground: Ground,
  count: number,
  length: number,
  work: (pages: readonly Page[], path: string) => Promise<T>,
): Promise<T> {
  const scope = new Scope()
  ground.scope.after(() => scope.close())
  try {
    const path = join(tmpdir(), `shoal-bench-${process.pid}.bin`)
    scope.after(() => rm(path, { force: true }))
    await writePayload(path, length)
    const pages: Page[] = []
    for (let i = 0; i < count; i++) {
      const browser = await launchBrowser(scope, 'chromium', { hasWindows: true, profile: await profileFolder(scope) })
      const page = await openTab(browser.defaultBrowserContext(), ground.site.url)
      // The library itself is no growth.
      await page.evaluate(() => kit.shoal())
      pages.push(page)
    }
    return await work(pages, path)
  } finally {
    await scope.close()
  }
}

async function writePayload(path: string, length: number): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const chunk of payloadChunks(3000, length)) await file.write(chunk)
  } finally {
    await file.close()
  }
}

/** Chooses a file as a person does, and seeds it. Returns the magnet link. */
async function seedFile(page: Page, path: string, trackerUrl: string): Promise<string> {
  const input = (await page.evaluateHandle(() => {
    const element = document.createElement('input')
    element.type = 'file'
    return document.body.appendChild(element)
  })) as ElementHandle<HTMLInputElement>
  await input.uploadFile(path)
  return input.evaluate(async (element, tracker) => {
    const { Shoal } = await kit.shoal()
    const client = new Shoal({ trackers: [tracker], iceServers: [] })
    const torrent = client.seed(element.files!)
    await torrent.ready
    kit.kept.set('client', client)
    return torrent.magnetURI
  }, trackerUrl)
}
