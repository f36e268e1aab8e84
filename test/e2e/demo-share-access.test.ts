/** The share page for those who do not see it, or use no mouse: axe-core finds nothing, in each state, in both colour schemes. */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Browser } from 'puppeteer-core'
import { assertAccessible, assertLargeEnough } from './support/accessible.ts'
import { launchBrowser } from './support/browser.ts'
import { scratchFolder } from './support/cli.ts'
import { payloadBytes } from './support/payload.ts'
import { shapeNetwork } from './support/network.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import {
  WAIT,
  chooseFiles,
  click,
  download,
  drop,
  inState,
  linkOf,
  press,
  problem,
  startSharePage,
  visit,
} from './support/share-page.ts'

const scope = fileScope()
let browser: Browser
let address = ''

before(async () => {
  browser = await launchBrowser(scope, 'chromium')
  address = (await startSharePage(scope)).address
})

async function folderOf(t: Lifetime, fileBytes: number): Promise<string> {
  const folder = join(await scratchFolder(t), 'trip')
  await mkdir(join(folder, 'sub'), { recursive: true })
  for (const [n, name] of ['a.bin', 'sub/b.bin', 'sub/c.bin'].entries()) {
    await writeFile(join(folder, name), payloadBytes(n, 0, fileBytes))
  }
  return folder
}

describe('the share page is accessible', () => {
  it('at first, and with something that went wrong', async t => {
    const page = await visit(t, `${address}#0123`, { of: browser })
    await page.waitForSelector('.alert:not([hidden])')
    await assertAccessible(page)
    await assertLargeEnough(page)
  })

  it('while it joins, and without WebRTC', async t => {
    const before = (): void => void Reflect.deleteProperty(globalThis, 'RTCPeerConnection')
    const page = await visit(t, `${address}#${'00'.repeat(20)}`, { of: browser, before })
    await problem(page, 'no-webrtc')
    await inState(page, 'joining')
    await assertAccessible(page)
    await assertLargeEnough(page)
  })

  it('from sending to having received', { timeout: 120_000 }, async t => {
    const sender = await visit(t, address, { of: browser })
    // Not all has come yet when the button is found.
    await shapeNetwork(sender, { uploadBytesPerSecond: 3_000_000 })
    await drop(sender, [await folderOf(t, 30_000_000)])
    const link = await linkOf(sender)
    await assertAccessible(sender)
    await assertLargeEnough(sender)
    const receiver = await visit(t, link, { of: browser })
    await inState(receiver, 'ready')
    await assertAccessible(receiver)
    await assertLargeEnough(receiver)
    await download(receiver)
    await press(receiver, 'Pause')
    await inState(receiver, 'paused')
    await shapeNetwork(sender, {})
    await assertAccessible(receiver)
    await assertAccessible(sender)
    await click(receiver, 'Resume')
    await inState(receiver, 'seeding')
    await assertAccessible(receiver)
    await assertLargeEnough(receiver)
    await click(sender, 'Stop sharing')
    await inState(sender, 'closed')
    await assertAccessible(sender)
  })

  it('by the keyboard alone, with the focus where the news is', async t => {
    const folder = await folderOf(t, 1000)
    const sender = await visit(t, address, { of: browser })
    await chooseFiles(sender, [join(folder, 'a.bin')])
    const receiver = await visit(t, await linkOf(sender), { of: browser })
    await inState(receiver, 'ready')
    const focused = (): Promise<string> => receiver.evaluate(() => document.activeElement?.textContent ?? '')
    await receiver.waitForFunction(() => document.activeElement?.tagName === 'H2', WAIT)
    assert.equal(await focused(), 'a.bin')
    for (let presses = 0; presses < 8 && !(await focused()).startsWith('Download'); presses += 1) {
      await receiver.keyboard.press('Tab')
    }
    await receiver.keyboard.press('Enter')
    await inState(receiver, 'seeding')
  })

  it('with motion reduced: nothing turns', async t => {
    const page = await visit(t, address, { of: browser })
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }])
    await page.goto(`${address}#${'00'.repeat(20)}`)
    await page.waitForSelector('.steps .active', WAIT)
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0)
  })
})
