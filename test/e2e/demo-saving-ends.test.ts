/** Saving at the share page that ends before everything is written: by a click, or with the browser. Nothing that is short looks whole. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'puppeteer-core'
import { UNFINISHED_NAME } from '../../demo/saving/pickers.ts'
import { BROWSER_NAMES } from '../support/browsers.ts'
import { launchBrowser } from './support/browser.ts'
import { scratchFolder } from './support/cli.ts'
import { payloadBytes } from './support/payload.ts'
import {
  chooseFolderByScript,
  downloaded,
  launchSavingBrowser,
  savedFiles,
  sizesIn,
  untilSizes,
} from './support/saving-page.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import {
  chooseFiles,
  click,
  download,
  drop,
  inState,
  linkOf,
  press,
  says,
  visit,
  startSharePage,
} from './support/share-page.ts'

/** More than a Blob is taken for. */
const LARGE_BYTES = 34 * 1024 * 1024
/** What is opened before the page is held: a half, in records of 16 kB. */
const HALF = LARGE_BYTES / 2 / 16_368

/** In pages: lets so many more records of a private share be opened, and has all others wait, as on a machine that is slow. */
declare function hold(records: number): void
declare function letGo(): void

const scope = fileScope()
let senders: Browser
let address = ''

before(async () => {
  senders = await launchBrowser(scope, 'chromium')
  address = (await startSharePage(scope)).address
})

/** Runs before the page's scripts: without pickers, and with `hold`. */
function prepare(): void {
  // Not on the empty page that a tab begins with.
  if (!isSecureContext) return
  const { decrypt } = SubtleCrypto.prototype
  let left = Number.POSITIVE_INFINITY
  const waiting: (() => void)[] = []
  SubtleCrypto.prototype.decrypt = async function (...given) {
    if (left-- <= 0) await new Promise<void>(resolve => waiting.push(resolve))
    return decrypt.apply(this, given)
  }
  Object.assign(globalThis, {
    showSaveFilePicker: undefined,
    showDirectoryPicker: undefined,
    hold(records: number) {
      left = records
    },
    letGo() {
      left = Number.POSITIVE_INFINITY
      for (const goOn of waiting.splice(0)) goOn()
    },
  })
}

/** A visitor who has received what a link leads to. Firefox complains of a download that its page ends. */
async function receive(t: Lifetime, link: string, of: Browser | BrowserContext): Promise<Page> {
  const page = await visit(t, link, { of, before: prepare, allowed: /ServiceWorker intercepted the request/ })
  await download(page)
  await inState(page, 'seeding')
  return page
}

/** Whole, or empty, or under a name that says that it is not whole: Firefox keeps parts to go on with, Chromium those of a life that ended early. */
function isNoneShort(sizes: Readonly<Record<string, number>>): boolean {
  return Object.entries(sizes).every(
    ([name, bytes]) => bytes === LARGE_BYTES || bytes === 0 || /\.(part|crdownload)$/.test(name),
  )
}

for (const name of BROWSER_NAMES) {
  describe(`a large file, saved by the downloads of ${name}`, () => {
    const expected = payloadBytes(61, 0, LARGE_BYTES)
    let browser: Browser
    let downloads: string
    let page: Page

    before(async () => {
      const path = join(await scratchFolder(scope), 'large.bin')
      await writeFile(path, expected)
      const sender = await visit(scope, address, { of: senders })
      await chooseFiles(sender, [path])
      ;({ browser, downloads } = await launchSavingBrowser(scope, name))
      page = await receive(scope, await linkOf(sender), browser.defaultBrowserContext())
    })

    /** Saves until no more comes than a half, some of which is on the disk by then. */
    async function saveHalf(): Promise<void> {
      const before = await sizesIn(downloads)
      await page.evaluate(half => hold(half), HALF)
      await press(page, /^Save( again)?$/)
      await says(page, '.status', /^All pieces verified\. Writing large\.bin to disk: [45]\d %…$/)
      await untilSizes(downloads, sizes =>
        Object.entries(sizes).some(([name, bytes]) => bytes > 0 && bytes !== before[name]),
      )
    }

    it('is stopped by a click, leaves nothing that looks whole, and is saved by the next', async () => {
      await saveHalf()
      await click(page, 'Stop saving')
      await says(page, '.status', /^Everything has arrived and is verified\. Save it to keep it\./)
      await untilSizes(downloads, isNoneShort)
      await page.evaluate(() => letGo())
      await press(page, 'Save')
      await says(page, '.status', /^Saved and verified\./)
      const whole = (sizes: Record<string, number>): string | undefined =>
        Object.keys(sizes).find(name => sizes[name] === LARGE_BYTES)
      await untilSizes(downloads, sizes => whole(sizes) !== undefined && isNoneShort(sizes))
      const saved = await downloaded(downloads, whole(await sizesIn(downloads))!, LARGE_BYTES)
      assert.ok(saved.equals(expected))
    })

    it('is nowhere that looks whole after its browser was killed in the middle', async () => {
      await saveHalf()
      const program = browser.process()!
      const ended = once(program, 'exit')
      program.kill('SIGKILL')
      await ended
      const sizes = await sizesIn(downloads)
      assert.ok(isNoneShort(sizes), JSON.stringify(sizes))
    })
  })
}

describe('a folder, saved where the person chose', () => {
  it('is stopped by a click, says of itself that it is incomplete, has no short file, and is whole after the next', async t => {
    const folder = await scratchFolder(t)
    const expected: Record<string, string> = {}
    for (let n = 0; n < 8; n++) {
      const path = `trip/${n < 4 ? '' : 'later/'}${n}.bin`
      const bytes = payloadBytes(70 + n, 0, 1_000_000)
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), bytes)
      expected[path] = createHash('sha256').update(bytes).digest('hex')
    }
    const sender = await visit(t, address, { of: senders })
    await drop(sender, [join(folder, 'trip')])
    const page = await receive(t, await linkOf(sender), senders)
    await chooseFolderByScript(page)
    await page.evaluate(records => hold(records), 5_500_000 / 16_368)
    await press(page, 'Save all')
    await says(page, '.status', /^All pieces verified\. Writing 8 MB to disk: [5-7]\d %…$/)
    await click(page, 'Stop saving')
    await says(page, '.status', /^Everything has arrived and is verified\. Save it to keep it\./)
    const { [UNFINISHED_NAME]: mark, ...found } = await savedFiles(page)
    assert.ok(mark !== undefined)
    assert.ok(Object.keys(found).length < 8, 'it was stopped in time')
    for (const [path, digest] of Object.entries(found)) assert.equal(digest, expected[path], path)
    await page.evaluate(() => letGo())
    await press(page, 'Save all')
    await says(page, '.status', /^Saved and verified\./)
    assert.deepEqual(await savedFiles(page), expected)
  })
})
