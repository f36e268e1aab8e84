/**
 * Takes pictures of the share page in each of its states, in light, in dark and on a phone:
 *
 *   npm run build && npm run screenshots -- FOLDER
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { argv } from 'node:process'
import type { Page } from 'puppeteer-core'
import { launchBrowser } from './browser.ts'
import { scratchFolder, startCli } from './cli.ts'
import { payloadBytes, payloadChunks } from './payload.ts'
import { Scope } from './scope.ts'
import {
  chooseFiles,
  click,
  download,
  drop,
  inState,
  linkOf,
  problem,
  visit,
  type VisitOptions,
  WAIT,
} from './share-page.ts'

const LOOKS = [
  { name: 'light', scheme: 'light', width: 1000 },
  { name: 'dark', scheme: 'dark', width: 1000 },
  { name: 'phone', scheme: 'light', width: 360 },
] as const
const NOWHERE = '00'.repeat(20)
const LARGE_BYTES = 400_000_000

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
  const server = startCli(scope, ['serve', '--port', '0'])
  const address = await server.printed(/share page on (http:\/\/\S+)/)
  const open = (url: string, options: Partial<VisitOptions> = {}): Promise<Page> =>
    visit(scope, url, { of, allowed: /./, viewport: { width: 1000, height: 900 }, ...options })
  const files = await makeFiles()

  const home = await open(address)
  await shoot(home, 'home')
  await shoot(await open(`${address}#0123`), 'home-bad-link')

  const alone = await open(`${address}#${NOWHERE}`)
  await inState(alone, 'joining')
  await shoot(alone, 'joining')
  const blocked = await open(`${address}#${NOWHERE}`, {
    before: () => Reflect.deleteProperty(globalThis, 'RTCPeerConnection'),
  })
  await problem(blocked, 'no-webrtc')
  await shoot(blocked, 'no-webrtc')

  const sender = await open(address)
  await drop(sender, [files.folder])
  const link = await linkOf(sender)
  await shoot(sender, 'seeding-idle')
  await click(sender, 'QR code')
  await sender.waitForSelector('.qr svg', WAIT)
  await shoot(sender, 'seeding-qr')
  await click(sender, 'QR code')

  const receiver = await open(link)
  await inState(receiver, 'ready')
  await shoot(receiver, 'ready')
  const mobile = await open(link, {
    before: () => {
      navigator.storage.estimate = async () => ({ quota: 2_500_000, usage: 0 })
      Object.defineProperty(navigator, 'connection', { value: { saveData: true } })
    },
  })
  await inState(mobile, 'ready')
  await shoot(mobile, 'ready-metered-quota')
  await download(receiver)
  await inState(receiver, 'seeding')
  await openDetails(sender)
  await shoot(receiver, 'done')
  await sender.waitForFunction(() => document.querySelector<HTMLElement>('.close')?.hidden === false, WAIT)
  await shoot(sender, 'seeding-may-close')

  const large = await open(address)
  await chooseFiles(large, [files.large])
  await inState(large, 'hashing')
  await shoot(large, 'hashing')
  const largeLink = await linkOf(large)
  const other = await open(largeLink)
  await download(other)
  await openDetails(other)
  await other.waitForFunction(() => (document.querySelector('progress')?.value ?? 0) > 0.05, WAIT)
  await shoot(other, 'downloading')
  await openDetails(large)
  await shoot(large, 'seeding-active')
  await click(other, 'Pause')
  await inState(other, 'paused')
  await shoot(other, 'paused')
  await click(other, 'Resume')
  await large.close({ runBeforeUnload: false })
  await problem(other, 'source-closed')
  await shoot(other, 'source-closed')
  await click(sender, 'Stop sharing')
  await inState(sender, 'closed')
  await shoot(sender, 'closed')
  await problem(alone, 'nobody')
  await shoot(alone, 'nobody')
  await server.stop('SIGKILL')
  await problem(receiver, 'tracker-down')
  await shoot(receiver, 'tracker-down')
}

async function openDetails(page: Page): Promise<void> {
  await page.$$eval('details', panels => {
    for (const panel of panels) panel.open = true
  })
}

async function shoot(page: Page, name: string): Promise<void> {
  for (const look of LOOKS) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: look.scheme }])
    await page.setViewport({ width: look.width, height: 700 })
    await page.screenshot({ path: join(folder, `${name}-${look.name}.png`) as `${string}.png`, fullPage: true })
  }
}

async function makeFiles(): Promise<{ folder: string; large: string }> {
  const place = await scratchFolder(scope)
  const trip = join(place, 'Sommer am Meer')
  const names = [
    'strand.jpg',
    'boot.jpg',
    'Tag 1/hafen.jpg',
    'Tag 1/leuchtturm.jpg',
    'Tag 2/film.mp4',
    'leer.txt',
    'ein-sehr-langer-name-'.repeat(6),
  ]
  for (const [n, name] of names.entries()) {
    const path = join(trip, name)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, payloadBytes(n, 0, name === 'leer.txt' ? 0 : 400_000 * (n + 1)))
  }
  const large = join(place, 'film.mkv')
  await writeFile(large, Buffer.concat([...payloadChunks(9, LARGE_BYTES)]))
  return { folder: trip, large }
}
