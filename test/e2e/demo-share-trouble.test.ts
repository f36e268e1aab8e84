/** Private and open shares among networks that let nobody through, peers that lie, and browsers with little room: what the page says, and what it offers. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'puppeteer-core'
import { type Metainfo, parseMetainfo } from '../../src/metainfo/metainfo.ts'
import { launchBrowser } from './support/browser.ts'
import { scratchFolder } from './support/cli.ts'
import { HostilePeer, type HostilePeerOptions } from './support/hostile-peer.ts'
import { type NetworkConditions, shapeNetwork } from './support/network.ts'
import { startClient } from './support/node-peers.ts'
import { payloadBytes } from './support/payload.ts'
import { downloaded, downloadsOf } from './support/saving-page.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import {
  chooseFiles,
  download,
  inState,
  linkOf,
  press,
  problem,
  says,
  shareOpenly,
  text,
  visit,
  WAIT,
  startSharePage,
} from './support/share-page.ts'

const LENGTH = 6_000_000
const NAME = 'film.bin'
const METADATA_PIECE_BYTES = 16_384

const scope = fileScope()
let chromium: Browser
let address = ''

before(async () => {
  chromium = await launchBrowser(scope, 'chromium')
  address = (await startSharePage(scope)).address
})

interface Sent {
  readonly page: Page
  readonly link: string
  readonly path: string
}

async function send(
  t: Lifetime,
  seed: number,
  {
    of = chromium,
    isOpen = false,
    line,
  }: { of?: Browser | BrowserContext; isOpen?: boolean; line?: NetworkConditions } = {},
): Promise<Sent> {
  const path = join(await scratchFolder(t), NAME)
  await writeFile(path, payloadBytes(seed, 0, LENGTH))
  const page = await visit(t, address, { of })
  if (line) await shapeNetwork(page, line)
  if (isOpen) await shareOpenly(page)
  await chooseFiles(page, [path])
  const link = await linkOf(page)
  await page.waitForSelector('.torrent[data-kept="true"]', WAIT)
  return { page, link, path }
}

/** What a visitor saves, byte for byte. */
async function assertSaved(t: Lifetime, page: Page, seed: number, label = 'Save'): Promise<void> {
  const folder = await scratchFolder(t)
  await downloadsOf(page, folder)
  await press(page, label)
  const saved = await downloaded(folder, NAME, LENGTH).catch(async cause => {
    throw new Error(`The page says: ${await text(page, '.torrent')}`, { cause })
  })
  assert.ok(saved.equals(payloadBytes(seed, 0, LENGTH)))
}

/** What a peer answers that is alone with its lies: the list of files, and nothing where hashes would tell who lied. */
function listOf({ infoBytes }: Metainfo): Pick<HostilePeerOptions, 'metadataBytes' | 'respond'> {
  const totalBytes = infoBytes.length
  return {
    metadataBytes: totalBytes,
    respond(message) {
      if (message.type === 'hash-request') return { type: 'interested' }
      if (message.type !== 'metadata-request') return undefined
      const { piece } = message
      const begin = piece * METADATA_PIECE_BYTES
      return { type: 'metadata-data', piece, totalBytes, bytes: infoBytes.slice(begin, begin + METADATA_PIECE_BYTES) }
    },
  }
}

/** A peer that has what the link leads to, as anybody may learn from the infohash, and sends other bytes. */
async function startLiar(t: Lifetime, link: string, { isAlone }: { isAlone: boolean }): Promise<HostilePeer> {
  const [hash = ''] = new URL(link).hash.slice(1).split('.')
  const infoHash = hash.length === 43 ? Buffer.from(hash, 'base64url').toString('hex') : hash
  const tracker = address.replace(/^http/, 'ws')
  const stranger = startClient(t, { trackers: [tracker] })
  const torrent = stranger.add(infoHash, { select: 'none' })
  await torrent.ready
  const metainfo = parseMetainfo(torrent.metainfo)
  await stranger.close()
  const answer: HostilePeerOptions['answer'] = ({ length }) => payloadBytes(999, 0, length)
  const name = isAlone ? 'lone liar' : 'liar'
  return new HostilePeer(t, { tracker, metainfo, answer, name, ...(isAlone && listOf(metainfo)) })
}

describe('the share page says', { concurrency: 5 }, () => {
  it('that somebody is there and cannot be reached', async t => {
    const { link } = await send(t, 1)
    // As behind a firewall that lets no packet through: no way of its own is ever tried.
    const before = (): void => {
      globalThis.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(configuration?: RTCConfiguration) {
          super({ ...configuration, iceServers: [], iceTransportPolicy: 'relay' })
        }
      }
    }
    const page = await visit(t, link, { of: chromium, before })
    await says(page, '.status', /^Found 1 peer\. Connecting…$/)
    await says(page, '.steps .active', /^.?Connecting…/)
    assert.equal(
      await problem(page, 'unreachable'),
      "Found 1 person, but your networks can't connect directly. Another Wi-Fi, a phone hotspot, or switching a VPN off may help.",
    )
    await says(page, '.problem button:not([hidden])', /^Copy diagnostics$/)
  })

  it('that it has blocked a peer that sent damaged bytes, and receives a private share from the others', async t => {
    const { link } = await send(t, 2)
    const liar = await startLiar(t, link, { isAlone: false })
    const page = await visit(t, link, { of: chromium })
    // Both are connected before the files are asked for, unless the liar gave itself away by the list of them.
    await page.waitForFunction(
      () =>
        /2\speers/.test(document.querySelector('.figures')?.textContent ?? '') ||
        document.querySelector('.problem[data-kind="banned"]') !== null,
      WAIT,
    )
    await download(page)
    assert.equal(await problem(page, 'banned'), 'Blocked a peer sending bad data. Nothing unverified is saved.')
    await inState(page, 'seeding')
    assert.ok(liar.sentBlocks > 0 && liar.connections > 0)
    await assertSaved(t, page, 2)
  })

  it('that it has discarded a damaged piece, while nothing proves yet who is to blame', async t => {
    const context = await chromium.createBrowserContext()
    const { page: sender, link } = await send(t, 3, { of: context, isOpen: true })
    const liar = await startLiar(t, link, { isAlone: true })
    await sender.close({ runBeforeUnload: false })
    const page = await visit(t, link, { of: chromium })
    await download(page)
    assert.equal(
      await problem(page, 'damaged'),
      'Discarded 1 damaged piece; fetching again. Nothing unverified is saved.',
    )
    assert.equal(await problem(page, 'banned'), 'Blocked a peer sending bad data. Nothing unverified is saved.')
    await visit(t, link, { of: context })
    await inState(page, 'seeding')
    assert.equal(liar.connections, 1)
    await assertSaved(t, page, 3)
    await context.close()
  })

  it('how much it needs and how much it may have where there is too little room, and brings it all the same', async t => {
    const { link } = await send(t, 4)
    const before = (): void => {
      navigator.storage.estimate = async () => ({ quota: 1_500_000, usage: 0 })
    }
    const page = await visit(t, link, { of: chromium, before })
    await inState(page, 'ready')
    await says(
      page,
      '.ready .alert',
      /^Needs 6 MB; this browser allows 1\.5 MB\. Choose fewer files, or free some space\.$/,
    )
    await download(page)
    // Half of what a browser gives a site is the site's own.
    assert.equal(
      await problem(page, 'quota'),
      'Needs 6 MB; this browser allows 750 kB. Choose fewer files, or free some space. What has arrived stays usable while this tab is open.',
    )
    await inState(page, 'seeding')
    await assertSaved(t, page, 4)
  })

  it('that there is too little room where the browser has promised more than it gives, and brings it all the same', async t => {
    const { link } = await send(t, 5)
    const page = await visit(t, address, { of: chromium })
    const session = await page.createCDPSession()
    const { origin } = new URL(address)
    // What `estimate` says stays what it was.
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_500_000 })
    await page.goto(link)
    await download(page)
    // The first write that fails does not tell how much there is; those after it do.
    assert.match(
      await problem(page, 'quota'),
      /^(This browser has no space left for this page|Needs 6 MB; this browser allows (1\.\d M|\d+ k)B)\. Choose fewer files, or free some space\. What has arrived stays usable while this tab is open\.$/,
    )
    await inState(page, 'seeding')
    await assertSaved(t, page, 5)
  })

  it('how to have it on disk while it comes, where there is too little room', async t => {
    const { link } = await send(t, 6, { line: { uploadBytesPerSecond: 1_500_000 } })
    const before = (): void => {
      navigator.storage.estimate = async () => ({ quota: 1_500_000, usage: 0 })
    }
    const page = await visit(t, link, { of: chromium, before })
    await download(page)
    await problem(page, 'quota')
    await assertSaved(t, page, 6, 'Save to disk while it comes')
    await inState(page, 'seeding')
  })
})
