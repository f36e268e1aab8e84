/** What is played for the pictures of the share page: what can go wrong, really going wrong where a browser can be brought to it. */
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { trackerOf } from '../../../demo/link.ts'
import { HostilePeer } from './hostile-peer.ts'
import { bytesOfPiece, makeSample, startClient } from './node-peers.ts'
import {
  chooseFiles,
  click,
  download,
  drop,
  inState,
  linkOf,
  problem,
  reloadKept,
  shareOpenly,
  WAIT,
  startSharePage,
} from './share-page.ts'
import { folderOf, hasProgress, largeFile, NOWHERE, openDetails, type Scene, share } from './share-stage.ts'

export const failureScenes: Readonly<Record<string, Scene>> = {
  async nobody({ open, shoot, address }) {
    const page = await open(`${address}#${NOWHERE}`)
    await inState(page, 'joining')
    await shoot(page, 'joining')
    await page.waitForFunction(() => document.querySelector<HTMLElement>('.steps ~ p')?.hidden === false, WAIT)
    await shoot(page, 'joining-help')
    await problem(page, 'nobody')
    await shoot(page, 'nobody', { isForced: true })
    await openDetails(page)
    await page.waitForFunction(() => document.querySelector('textarea')?.value.includes('errors:'), WAIT)
    await shoot(page, 'nobody-diagnostics')
  },

  async webrtc({ open, shoot, address }) {
    const before = (): void => void Reflect.deleteProperty(globalThis, 'RTCPeerConnection')
    const page = await open(`${address}#${NOWHERE}`, { before })
    await problem(page, 'no-webrtc')
    await shoot(page, 'no-webrtc')
  },

  async unreachable({ lifetime, open, shoot, address }) {
    // One that is there and lets nothing through but relays, of which there are none.
    const { link } = await share(lifetime, address, await folderOf(lifetime), { iceTransportPolicy: 'relay' })
    const page = await open(link)
    await page.waitForFunction(() => /^Found/.test(document.querySelector('.status')?.textContent ?? ''), WAIT)
    await shoot(page, 'joining-found')
    await problem(page, 'unreachable')
    await shoot(page, 'unreachable')
  },

  async tracker({ lifetime, open, shoot }) {
    const { server, address } = await startSharePage(lifetime)
    const { link, seeder } = await share(lifetime, address, await folderOf(lifetime, 60_000_000), {
      uploadBytesPerSecond: 1_000_000,
    })
    const sender = await open(address)
    await chooseFiles(sender, [join(await folderOf(lifetime), 'agate.jpg')])
    await linkOf(sender)
    const alone = await open(`${address}#${NOWHERE}`)
    const page = await open(link)
    await download(page)
    await hasProgress(page, 0.02)
    await server.stop('SIGKILL')
    await problem(page, 'tracker-down')
    await shoot(page, 'tracker-down-downloading')
    await problem(sender, 'tracker-down')
    await shoot(sender, 'tracker-down-seeding')
    await problem(alone, 'tracker-down')
    await shoot(alone, 'tracker-down-joining')
    await seeder.close()
    await page.waitForFunction(() => /retrying in/.test(document.querySelector('.status')?.textContent ?? ''), WAIT)
    await shoot(page, 'reconnecting')
  },

  async left({ lifetime, open, shoot, address }) {
    const { link, seeder } = await share(lifetime, address, await folderOf(lifetime, 20_000_000), {
      uploadBytesPerSecond: 2_000_000,
    })
    const page = await open(link)
    await download(page)
    await hasProgress(page, 0.1)
    seeder.pause()
    await page.waitForFunction(() => /^Waiting/.test(document.querySelector('.status')?.textContent ?? ''), WAIT)
    await shoot(page, 'downloading-waiting')
    await seeder.close()
    await problem(page, 'source-closed')
    await shoot(page, 'source-closed', { isForced: true })
    await page.waitForFunction(
      () => [...document.querySelectorAll('button')].some(b => /^Tell/.test(b.textContent ?? '')),
      WAIT,
    )
    await shoot(page, 'source-closed-later')
  },

  async damaged({ lifetime, open, shoot, address }) {
    const tracker = trackerOf(new URL(address))
    const files = { 'Urlaub/a.bin': 8_000_000, 'Urlaub/b.bin': 4_000_000 }
    const sample = await makeSample({ seed: 5, files, version: 'v1', pieceLength: 128 * 1024, trackers: [tracker] })
    const answer = ({ piece, begin, length }: { piece: number; begin: number; length: number }): Uint8Array =>
      bytesOfPiece(sample, piece)
        .slice(begin, begin + length)
        .map(byte => byte ^ 0xff)
    new HostilePeer(lifetime, { tracker, metainfo: sample.metainfo, answer })
    const { layout, name } = sample.metainfo
    const honest = startClient(lifetime, { uploadBytesPerSecond: 400_000 }).seed(sample.files, {
      name,
      version: layout.version,
      pieceLength: layout.pieceLength,
      trackers: [tracker],
    })
    await honest.ready
    const page = await open(`${address}#${honest.infoHash}`)
    await download(page)
    await page.waitForSelector('.problem.notice:not([hidden])', WAIT)
    await shoot(page, 'damaged')
    await problem(page, 'banned')
    await shoot(page, 'banned')
  },

  async space({ lifetime, open, shoot, address }) {
    const { link } = await share(lifetime, address, await folderOf(lifetime, 20_000_000), {
      uploadBytesPerSecond: 4_000_000,
    })
    const page = await open(link, {
      before: () => {
        navigator.storage.estimate = async () => ({ quota: 12_000_000, usage: 0 })
      },
    })
    await inState(page, 'ready')
    await page.waitForSelector('.ready .alert:not([hidden])', WAIT)
    await shoot(page, 'ready-quota')
    await click(page, /^Download/)
    await problem(page, 'quota')
    await shoot(page, 'quota')
    await click(page, 'Choose fewer files')
    await inState(page, 'ready')
    await shoot(page, 'quota-fewer')
  },

  async metered({ lifetime, open, shoot, address }) {
    const { link } = await share(lifetime, address, await folderOf(lifetime), { uploadBytesPerSecond: 1_500_000 })
    const page = await open(link, {
      before: () => void Object.defineProperty(navigator, 'connection', { value: { saveData: true } }),
    })
    await inState(page, 'ready')
    await page.waitForSelector('.metered', { ...WAIT, visible: true })
    await shoot(page, 'metered')
  },

  async disk({ lifetime, open, shoot, address }) {
    const { link } = await share(lifetime, address, await folderOf(lifetime), {})
    const page = await open(link, {
      before: () => {
        FileSystemFileHandle.prototype.createWritable = async () => {
          throw new DOMException('The disk is full.', 'QuotaExceededError')
        }
        Object.assign(window, { showDirectoryPicker: () => navigator.storage.getDirectory() })
      },
    })
    await download(page)
    await inState(page, 'seeding')
    await click(page, /^Save all/)
    await problem(page, 'saving')
    await shoot(page, 'saving-failed')
  },

  async changed({ lifetime, open, shoot, address }) {
    const path = await largeFile(lifetime)
    const sender = await open(address)
    await drop(sender, [path])
    const link = await linkOf(sender)
    const other = await open(`${link.slice(0, -6)}AAAAAA`)
    await appendFile(path, 'changed')
    await reloadKept(sender)
    await sender.waitForSelector('.gate:not([hidden])', WAIT)
    await shoot(sender, 'gate-changed')
    await other.waitForSelector('.gate:not([hidden])', WAIT)
    await shoot(other, 'gate-not-ours')
  },

  async again({ lifetime, open, shoot, address }) {
    const path = await largeFile(lifetime)
    const sender = await open(address)
    await click(sender, 'Options')
    await shareOpenly(sender)
    await chooseFiles(sender, [path])
    const link = await linkOf(sender)
    await openDetails(sender)
    await shoot(sender, 'seeding-open')
    await appendFile(path, 'changed')
    await download(await open(link))
    await problem(sender, 'file-changed')
    await shoot(sender, 'file-changed')
  },
}
