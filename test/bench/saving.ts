/** What the heaps of a page and of its files' worker grow by while the browser saves what they stream. */
import { launchSavingBrowser, openSavingPage, startSavingSite, untilSizes } from '../e2e/support/saving-page.ts'
import { Scope } from '../e2e/support/scope.ts'
import type { Ground, Row } from './bench.ts'
import { heapRows, watchHeap } from './heap.ts'

const GROWTH_MB_MAX = 200

export interface Saving {
  /** Of all files. */
  readonly lengthBytes: number
  /** More than one are saved as a ZIP. */
  readonly files: number
}

export async function measureSaving(ground: Ground, { lengthBytes, files }: Saving): Promise<Row[]> {
  const scope = new Scope()
  ground.scope.after(() => scope.close())
  try {
    const { browser, downloads } = await launchSavingBrowser(scope, 'chromium')
    const page = await openSavingPage(browser, await startSavingSite(scope))
    await page.evaluate(async () => saving.kept.set('urls', await saving.open()))
    const worker = await browser.waitForTarget(target => target.type() === 'service_worker')
    const heap = await watchHeap(page, [await worker.createCDPSession()])
    const saved = await page.evaluate(
      async (lengthBytes, count) => {
        Object.assign(window, { showDirectoryPicker: undefined, showSaveFilePicker: undefined })
        const length = Math.floor(lengthBytes / count)
        const files = Array.from({ length: count }, (_, n) =>
          saving.madeFile({ path: `saved/${n}.bin`, seed: n, length }),
        )
        const urls = saving.kept.get('urls') as Awaited<ReturnType<typeof saving.open>>
        const saver = saving.saver({
          files: () => files,
          name: () => 'saved',
          signal: new AbortController().signal,
          urls: async () => urls,
        })
        const startedAt = performance.now()
        await saver.all()
        if (!saver.isSaved) throw new Error(saver.error)
        const name = count === 1 ? '0.bin' : 'saved.zip'
        const savedBytes = count === 1 ? length : saving.zipOf(files).lengthBytes
        return { name, savedBytes, seconds: (performance.now() - startedAt) / 1000 }
      },
      lengthBytes,
      files,
    )
    await untilSizes(downloads, sizes => sizes[saved.name] === saved.savedBytes)
    const what = `${files === 1 ? '' : `${files.toLocaleString('en')} files, `}${digitsOfMiB(lengthBytes)}`
    ground.log(
      `  saving ${what} took ${saved.seconds.toFixed(1)} s; the heaps' peak grew by ${heap.growthMB().toFixed(0)} MB`,
    )
    return heapRows(`saving ${what} through the browser's downloads`, GROWTH_MB_MAX, await heap.stop())
  } finally {
    await scope.close()
  }
}

function digitsOfMiB(bytes: number): string {
  return `${(bytes / 2 ** 20).toLocaleString('en')} MiB`
}
