/** Private shares at the share page: who has the link, and the password where there is one, has the files; nobody else. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Browser, Page } from 'puppeteer-core'
import { launchBrowser } from './support/browser.ts'
import { scratchFolder } from './support/cli.ts'
import { shoalInNode } from './support/peers.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import {
  chooseFiles,
  click,
  download,
  inState,
  linkOf,
  text,
  visit,
  WAIT,
  startSharePage,
} from './support/share-page.ts'

const scope = fileScope()
let browser: Browser
let address = ''

before(async () => {
  browser = await launchBrowser(scope, 'chromium')
  address = (await startSharePage(scope)).address
})

async function sent(t: Lifetime, name: string, prepare: (page: Page) => Promise<void> = async () => {}): Promise<Page> {
  const folder = await scratchFolder(t)
  await writeFile(join(folder, name), payloadBytes(31, 0, 300_000))
  const sender = await visit(t, address, { of: browser })
  await prepare(sender)
  await chooseFiles(sender, [join(folder, name)])
  return sender
}

describe('a private share', () => {
  it('opens with its password alone, which is asked for until it is right', async t => {
    const sender = await sent(t, 'secret.bin', async page => {
      await click(page, 'Options')
      await page.type('#new-password', 'correct horse')
    })
    const link = await linkOf(sender)
    assert.match(link, /\.p$/)
    const receiver = await visit(t, link, { of: browser })
    await receiver.waitForSelector('.gate:not([hidden])', WAIT)
    assert.match(await text(receiver, '.gate'), /open with a password/)
    await receiver.type('#password', 'wrong')
    await receiver.keyboard.press('Enter')
    await receiver.waitForFunction(
      () => /not the password/.test(document.querySelector('.gate')?.textContent ?? ''),
      WAIT,
    )
    assert.equal(await receiver.$('.tree'), null)
    await receiver.$eval('#password', input => (input as HTMLInputElement).select())
    await receiver.type('#password', 'correct horse')
    await click(receiver, 'Open')
    await download(receiver)
    await inState(receiver, 'seeding')
    assert.equal(await text(receiver, 'h2'), 'secret.bin')
  })

  it('says so when the key in the link is another', async t => {
    const link = await linkOf(await sent(t, 'letter.bin'))
    const [hash = ''] = link.split('.').slice(-2)
    const receiver = await visit(t, `${hash}.${'A'.repeat(43)}`, { of: browser })
    await receiver.waitForSelector('.gate:not([hidden])', WAIT)
    assert.match(await text(receiver, '.gate'), /does not open these files/)
  })

  it('tells whoever has the infohash neither names nor bytes', async t => {
    const link = await linkOf(await sent(t, 'diary.bin'))
    const infoHash = Buffer.from(new URL(link).hash.slice(1, 44), 'base64url').toString('hex')
    const directory = await scratchFolder(t)
    const stranger = await shoalInNode(t, 'stranger', { trackers: [address.replace(/^http/, 'ws')], directory })
    const { files } = await stranger.download({ magnet: `magnet:?xt=urn:btmh:1220${infoHash}` })
    assert.deepEqual(files.map(({ path }) => path).sort(), ['private/0', 'private/1'])
    // Padded, and a tag for each record.
    assert.ok(files.every(({ length }) => length !== 300_000))
  })

  it('is here again after a reload, for who sent it and for who received it', async t => {
    const sender = await sent(t, 'again.bin')
    const link = await linkOf(sender)
    await sender.waitForSelector('.torrent[data-kept="true"]', WAIT)
    await sender.reload()
    await inState(sender, 'seeding')
    assert.equal(await linkOf(sender), link)
    const receiver = await visit(t, link, { of: browser })
    await download(receiver)
    await inState(receiver, 'seeding')
    await sender.close()
    await receiver.reload()
    await inState(receiver, 'seeding')
    assert.equal(await text(receiver, 'h2'), 'again.bin')
  })

  it('comes to Firefox', async t => {
    const link = await linkOf(await sent(t, 'fox.bin'))
    const receiver = await visit(t, link, { of: await launchBrowser(t, 'firefox') })
    await download(receiver)
    await inState(receiver, 'seeding')
    assert.equal(await text(receiver, 'h2'), 'fox.bin')
  })
})
