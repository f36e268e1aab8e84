/**
 * Takes pictures of the page of rooms in each of its states, in light, in dark and on a phone:
 *
 *   npm run build && node --import tsx test/e2e/support/room-screenshots.ts FOLDER
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { argv } from 'node:process'
import type { Page } from 'puppeteer-core'
import { launchBrowser } from './browser.ts'
import { scratchFolder } from './cli.ts'
import { payloadBytes } from './payload.ts'
import { enterRoom, fileIn, lines, people, roomLink, say } from './room-page.ts'
import { LOOKS, picture } from './picture.ts'
import { Scope } from './scope.ts'
import { chooseFiles, click, problem, startSharePage, visit, type VisitOptions, WAIT } from './share-page.ts'

const [, , given] = argv
if (given === undefined) throw new Error('Say into which folder.')
const folder = resolve(given)
await mkdir(folder, { recursive: true })
const scope = new Scope()
try {
  await run()
} finally {
  await scope.close()
}

async function run(): Promise<void> {
  const of = await launchBrowser(scope, 'chromium', { hasWindows: true })
  const { server, address: home } = await startSharePage(scope)
  const address = `${home}room.html`
  const options: VisitOptions = { of, allowed: /./, viewport: { width: 1000, height: 900 } }
  await shoot(await visit(scope, address, options), 'door-new')
  await shoot(await visit(scope, `${address}#cut`, options), 'door-cut')
  const blocked = await enterRoom(scope, address, 'Ada', {
    ...options,
    before: () => Reflect.deleteProperty(globalThis, 'RTCPeerConnection'),
  })
  await problem(blocked, 'no-webrtc')
  await shoot(blocked, 'no-webrtc')

  const ada = await enterRoom(scope, address, 'Ada', options)
  await shoot(ada, 'alone')
  const link = await roomLink(ada)
  await shoot(await visit(scope, link, options), 'door-invited')
  const grace = await enterRoom(scope, link, 'Grace Hopper', options)
  const long = await enterRoom(scope, link, 'Ein sehr langer Name aus vielen Wörtern', options)
  await people(long, ['Ein sehr langer Name aus vielen Wörtern – you, here', 'Ada – here', 'Grace Hopper – here'])
  await grace.select('#own-status', 'away')
  await long.select('#own-status', 'busy')
  await say(ada, 'Hello! Here are the pictures from Sunday.')
  await say(
    grace,
    'Thank you. Do you have https://example.org/a/very/long/address/that-has-no-place-to-break?and=goes-on-and-on too?',
  )
  await say(long, 'Ich auch bitte')
  await lines(ada, 3)
  const place = await scratchFolder(scope)
  const [picture, film] = [join(place, 'sunday.jpg'), join(place, 'ein-sehr-langer-name-'.repeat(5))]
  await writeFile(picture, payloadBytes(1, 0, 2_400_000))
  await writeFile(film, payloadBytes(2, 0, 40_000_000))
  await chooseFiles(ada, [picture])
  await fileIn(grace, 'offered')
  await chooseFiles(long, [film])
  await click(grace, 'Download')
  await fileIn(grace, 'arrived')
  await grace.waitForFunction(() => document.querySelectorAll('.room-files li').length === 2, WAIT)
  await shoot(ada, 'company')
  await click(grace, 'Download')
  await shoot(grace, 'receiver')
  await click(ada, 'QR code')
  await ada.waitForSelector('.qr svg', WAIT)
  await shoot(ada, 'qr')
  await server.stop('SIGKILL')
  await problem(ada, 'tracker-down')
  await shoot(ada, 'tracker-down')
  await click(ada, 'Leave')
  await ada.waitForSelector('.door', WAIT)
  await shoot(ada, 'left')
}

async function shoot(page: Page, name: string): Promise<void> {
  for (const look of LOOKS) await picture(page, join(folder, name), look)
}
