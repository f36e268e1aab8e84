/** What the heaps of the share page grow by while one person sends and another receives and saves: one huge file, and a folder of thousands. */
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { scratchFolder } from '../e2e/support/cli.ts'
import { payloadChunks } from '../e2e/support/payload.ts'
import { launchSavingBrowser, untilSizes } from '../e2e/support/saving-page.ts'
import { Scope } from '../e2e/support/scope.ts'
import { click, drop, inState, press, visit, startSharePage } from '../e2e/support/share-page.ts'
import { type Bench, type Ground, MIB, type Row } from './bench.ts'
import { heapRows, watchHeap } from './heap.ts'

const GROWTH_MB_MAX = 200
const STEP = { timeout: 1_200_000 }

export const share: Bench = {
  name: 'share',
  title: 'heap growth at the share page, with 2 GiB and with 10,000 files',
  secondsPerRun: 600,
  async run(ground) {
    return [
      ...(await measureShare(ground, { lengthBytes: 2048 * MIB, files: 1 })),
      ...(await measureShare(ground, { lengthBytes: 200 * MIB, files: 10_000 })),
    ]
  },
}

async function measureShare(
  ground: Ground,
  { lengthBytes, files }: { lengthBytes: number; files: number },
): Promise<Row[]> {
  const scope = new Scope()
  ground.scope.after(() => scope.close())
  try {
    const folder = await scratchFolder(scope)
    const path = await writeFiles(folder, lengthBytes, files)
    const { address } = await startSharePage(scope)
    const { browser, downloads } = await launchSavingBrowser(scope, 'chromium')
    const sender = await visit(scope, address, { of: browser })
    const senderHeap = await watchHeap(sender)
    const seconds = stopwatch()
    await drop(sender, [path])
    await sender.waitForSelector('.links:not([hidden])', STEP)
    const link = await sender.$eval('#link', input => (input as HTMLInputElement).value)
    ground.log(
      `  the link is there after ${seconds()} s; the sender's heap peaked ${megabytes(senderHeap.growthMB())} higher`,
    )

    // Its store is on disk, as people's are; saving goes through the browser's downloads.
    const before = (): void =>
      void Object.assign(window, { showDirectoryPicker: undefined, showSaveFilePicker: undefined })
    const receiver = await visit(scope, link, { of: browser.defaultBrowserContext(), before })
    const receiverHeap = await watchHeap(receiver)
    await inState(receiver, 'ready')
    ground.log(`  the file list is there after ${seconds()} s`)
    await click(receiver, /^Download /)
    await inState(receiver, 'seeding', STEP)
    ground.log(
      `  received after ${seconds()} s; the receiver's heap peaked ${megabytes(receiverHeap.growthMB())} higher`,
    )
    await press(receiver, files === 1 ? 'Save' : 'Save all')
    await receiver.waitForFunction(() => document.querySelector('.status')?.textContent?.startsWith('Saved'), STEP)
    await untilSizes(downloads, sizes => Object.values(sizes).some(size => size >= lengthBytes))
    ground.log(`  saved after ${seconds()} s; the receiver's heap peaked ${megabytes(receiverHeap.growthMB())} higher`)
    const what = `share of ${files === 1 ? '' : `${files.toLocaleString('en')} files, `}${lengthBytes / MIB} MiB`
    return [
      ...heapRows(`${what}, sender`, GROWTH_MB_MAX, await senderHeap.stop()),
      ...heapRows(`${what}, receiver`, GROWTH_MB_MAX, await receiverHeap.stop()),
    ]
  } finally {
    await scope.close()
  }
}

/** @returns what to drop on the page: the file, or the folder of all */
async function writeFiles(folder: string, lengthBytes: number, count: number): Promise<string> {
  const top = join(folder, 'holiday')
  for (let n = 0; n < count; n++) {
    const inside = count === 1 ? folder : join(top, `day ${n % 100}`)
    await mkdir(inside, { recursive: true })
    const file = await open(join(inside, `${n}.bin`), 'w')
    for (const chunk of payloadChunks(5_000 + n, Math.floor(lengthBytes / count))) await file.write(chunk)
    await file.close()
  }
  return count === 1 ? join(folder, '0.bin') : top
}

function stopwatch(): () => string {
  const startedAt = performance.now()
  return () => ((performance.now() - startedAt) / 1000).toFixed(0)
}

function megabytes(count: number): string {
  return `${count.toFixed(0)} MB`
}
