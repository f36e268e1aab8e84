/** Five people at one link of the share page: each receives the whole folder, and mostly from the others. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { it } from 'node:test'
import { ALL } from './support/all.ts'
import { launchBrowser } from './support/browser.ts'
import { scratchFolder } from './support/cli.ts'
import { payloadChunks } from './support/payload.ts'
import { chooseFolderByScript, savedFiles } from './support/saving-page.ts'
import { click, drop, inState, linkOf, press, says, sentBytes, visit, startSharePage } from './support/share-page.ts'

const FOLDER_BYTES = ALL ? 200_000_000 : 24_000_000
const STEP = { timeout: ALL ? 400_000 : 60_000 }
const RECEIVERS = 5
const COPIES_SENT_MAX = 2

/** One large file, some smaller ones in folders, small ones, and an empty one. @returns SHA-256 in hex by path */
async function makeFolder(folder: string): Promise<Record<string, string>> {
  const lengths: Record<string, number> = { 'trip/film.bin': FOLDER_BYTES * 0.4, 'trip/nothing': 0 }
  for (let n = 0; n < 5; n++) lengths[`trip/raw/day ${n}/${n}.bin`] = FOLDER_BYTES * 0.1
  for (let n = 0; n < 20; n++) lengths[`trip/small/${n}.bin`] = FOLDER_BYTES * 0.005
  const expected: Record<string, string> = {}
  for (const [seed, [path, length]] of Object.entries(lengths).entries()) {
    const bytes = Buffer.concat([...payloadChunks(seed, length)])
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
    expected[path] = createHash('sha256').update(bytes).digest('hex')
  }
  return expected
}

it(`five receive a private folder of ${FOLDER_BYTES / 1e6} MB, and its sender uploads it twice at most`, {
  timeout: 10 * STEP.timeout,
}, async t => {
  const folder = await scratchFolder(t)
  const expected = await makeFolder(folder)
  const of = await launchBrowser(t, 'chromium')
  const { address } = await startSharePage(t)
  const sender = await visit(t, address, { of })
  await drop(sender, [join(folder, 'trip')])
  const link = await linkOf(sender)
  assert.match(link, /#[\w-]{43}\.[\w-]{43}$/, 'it is private')

  const receivers = await Promise.all(Array.from({ length: RECEIVERS }, () => visit(t, link, { of })))
  await Promise.all(receivers.map(receiver => inState(receiver, 'ready')))
  const beganAt = performance.now()
  await Promise.all(receivers.map(receiver => click(receiver, /^Download /)))
  await Promise.all(receivers.map(receiver => inState(receiver, 'seeding', STEP)))
  const seconds = (performance.now() - beganAt) / 1000
  await says(sender, '.close', /^You can close this tab/)
  const copies = (await sentBytes(sender)) / FOLDER_BYTES
  t.diagnostic(`received by all after ${seconds.toFixed(1)} s; the sender sent ${copies.toFixed(2)} copies`)
  assert.ok(copies <= COPIES_SENT_MAX, `the sender sent ${copies} copies`)

  for (const receiver of receivers) {
    await chooseFolderByScript(receiver)
    await press(receiver, 'Save all')
    await receiver.waitForFunction(() => document.querySelector('.status')?.textContent?.startsWith('Saved'), STEP)
    assert.deepEqual(await savedFiles(receiver), expected)
  }
})
