/** Who leaves the share page in the middle and comes back: nobody begins anew, whichever of the two left and in whatever browser. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'puppeteer-core'
import { BROWSER_NAMES, type BrowserName } from '../support/browsers.ts'
import { launchBrowser } from './support/browser.ts'
import { scratchFolder } from './support/cli.ts'
import { shapeNetwork } from './support/network.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import {
  chooseFiles,
  download,
  inState,
  isAt,
  linkOf,
  problem,
  sentBytes,
  text,
  visit,
  WAIT,
  startSharePage,
} from './support/share-page.ts'
import { ALL } from './support/all.ts'

const LENGTH = 6_000_000
/** So slow that nobody is through before somebody leaves. Firefox cannot be slowed: at least one of two is Chromium's. */
const BYTES_PER_SECOND = 1_500_000

const scope = fileScope()
const browsers = { chromium: launchBrowser(scope, 'chromium'), firefox: launchBrowser(scope, 'firefox') }
let address = ''

before(async () => {
  address = (await startSharePage(scope)).address
})

/** A person whose line is slow, where the browser is Chromium. */
async function open(t: Lifetime, url: string, name: BrowserName, context?: BrowserContext): Promise<Page> {
  const of: Browser | BrowserContext = context ?? (await browsers[name])
  // Firefox complains of sockets that a reload closes while they open.
  const page = await visit(t, 'about:blank', { of, hasWindow: true, allowed: /connection to (the server at )?ws:/ })
  if (name === 'chromium')
    await shapeNetwork(page, { uploadBytesPerSecond: BYTES_PER_SECOND, downloadBytesPerSecond: BYTES_PER_SECOND })
  await page.goto(url)
  return page
}

/** @returns the page that shares a file privately, and its link */
async function send(
  t: Lifetime,
  seed: number,
  name: BrowserName,
  context?: BrowserContext,
): Promise<{ sender: Page; link: string }> {
  const path = join(await scratchFolder(t), 'film.bin')
  await writeFile(path, payloadBytes(seed, 0, LENGTH))
  const sender = await open(t, address, name, context)
  await chooseFiles(sender, [path])
  const link = await linkOf(sender)
  await sender.waitForSelector('.torrent[data-kept="true"]', WAIT)
  return { sender, link }
}

describe('a private share', { concurrency: 4 }, () => {
  for (const [n, name] of BROWSER_NAMES.entries()) {
    const other = name === 'chromium' ? 'firefox' : 'chromium'

    // One of each every time; the others beside them on demand.
    if (ALL || name === 'firefox')
      it(`from ${name} goes on where a reload in ${other} interrupted it, and nothing is sent twice`, async t => {
        const { sender, link } = await send(t, n, name)
        const receiver = await open(t, link, other)
        await download(receiver)
        await isAt(receiver, 0.4)
        await receiver.reload()
        await inState(receiver, 'downloading')
        const had = await receiver.$eval('progress', bar => bar.value)
        assert.ok(had > 0.3 && had < 1, `it had ${had}`)
        await inState(receiver, 'seeding')
        // What was on its way when the page went was lost.
        const copies = (await sentBytes(sender)) / LENGTH
        assert.ok(copies < 1.25, `the sender sent ${copies} copies`)
      })

    if (ALL || name === 'chromium')
      it(`from ${name} waits for its sender, and arrives with everybody once that one has come back`, async t => {
        const context = await (await browsers[name]).createBrowserContext()
        const { sender, link } = await send(t, 10 + n, name, context)
        const receivers = await Promise.all([open(t, link, 'chromium'), open(t, link, other)])
        const [early, late] = receivers
        await inState(late, 'ready')
        await download(early)
        await isAt(early, 0.6)
        await sender.close({ runBeforeUnload: false })
        // Two who download at once may have everything between them.
        await download(late)
        for (const receiver of receivers)
          assert.match(await problem(receiver, 'source-closed'), /^Sender left at [6-9]\d %\. Your part is kept\./)
        const back = await visit(t, link, { of: context, hasWindow: true })
        await inState(back, 'seeding')
        await Promise.all(receivers.map(receiver => inState(receiver, 'seeding')))
        assert.deepEqual(await Promise.all(receivers.map(receiver => text(receiver, 'h2'))), ['film.bin', 'film.bin'])
        await context.close()
      })
  }
})
