/** What is played for the pictures of the share page: each of its states, reached as a person reaches it. */
import { join } from 'node:path'
import { failureScenes } from './share-failures.ts'
import { chooseFiles, click, download, drop, inState, linkOf, WAIT } from './share-page.ts'
import {
  closeDetails,
  folderOf,
  FOLDER_NAME,
  hasProgress,
  largeFile,
  NOWHERE,
  openDetails,
  type Scene,
  share,
} from './share-stage.ts'

export const SCENES: Readonly<Record<string, Scene>> = {
  async home({ open, shoot, address }) {
    const page = await open(address)
    await page.waitForSelector('main > *')
    await shoot(page, 'home', { isForced: true })
    await click(page, 'Options')
    await shoot(page, 'home-options')
    await page.click('#open')
    await shoot(page, 'home-open')
    await page.evaluate(() => document.body.classList.add('dropping'))
    await shoot(page, 'home-dropping')
    await shoot(await open(`${address}#0123`), 'home-bad-link')
    await shoot(await open(`${address}privacy.html`), 'privacy')
  },

  async sending({ lifetime, open, shoot, address }) {
    const page = await open(address)
    await chooseFiles(page, [await largeFile(lifetime)])
    await inState(page, 'hashing')
    await shoot(page, 'hashing')
    const link = await linkOf(page)
    await shoot(page, 'seeding-idle', { isForced: true })
    await click(page, 'QR code')
    await page.waitForSelector('.qr svg', WAIT)
    await shoot(page, 'seeding-qr')
    await click(page, 'QR code')
    const receivers = [await open(link), await open(link)]
    for (const receiver of receivers) await download(receiver)
    await page.waitForSelector('.receivers progress', WAIT)
    await shoot(page, 'seeding-active')
    for (const receiver of receivers) await inState(receiver, 'seeding')
    await page.waitForFunction(() => document.querySelector<HTMLElement>('.close')?.hidden === false, WAIT)
    await shoot(page, 'seeding-may-close')
    await click(page, 'Stop sharing')
    await inState(page, 'closed')
    await shoot(page, 'closed-own')
    await click(receivers[0]!, 'Stop sharing')
    await inState(receivers[0]!, 'closed')
    await shoot(receivers[0]!, 'closed')
  },

  async choosing({ lifetime, open, shoot, address }) {
    const sender = await open(address)
    await drop(sender, [await folderOf(lifetime)])
    const link = await linkOf(sender)
    await openDetails(sender)
    await shoot(sender, 'seeding-folder')
    const page = await open(link)
    await inState(page, 'ready')
    await shoot(page, 'ready', { isForced: true })
    for (const toggle of await page.$$('.tree ul .opener')) await toggle.click()
    await page.click('.tree input')
    await shoot(page, 'ready-none')
    await (await page.$$('.tree ul input'))[1]!.click()
    await shoot(page, 'ready-some')
    await page.evaluate(() => history.back())
    await sender.evaluate(() => history.back())
    await sender.waitForSelector('.shares a', WAIT)
    await shoot(sender, 'home-shares')
  },

  async password({ lifetime, open, shoot, address }) {
    const sender = await open(address)
    await click(sender, 'Options')
    await sender.type('#new-password', 'five random words')
    await drop(sender, [await folderOf(lifetime)])
    const page = await open(await linkOf(sender))
    await page.waitForSelector('#password', { ...WAIT, visible: true })
    await shoot(page, 'gate-password')
    await page.type('#password', 'guess')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.querySelector('.gate')?.textContent?.includes('not the password'), WAIT)
    await shoot(page, 'gate-wrong')
  },

  async receiving({ lifetime, open, shoot, address }) {
    const { link } = await share(lifetime, address, await folderOf(lifetime, 40_000_000), {
      uploadBytesPerSecond: 1_500_000,
    })
    const page = await open(link)
    await download(page)
    await hasProgress(page, 0.02)
    await shoot(page, 'downloading', { isForced: true })
    for (const [name, file] of [
      ['image', 'agate.jpg'],
      ['text', 'lies mich.txt'],
      ['video', 'film.webm'],
    ]) {
      await page.waitForSelector(`[aria-label="Preview ${FOLDER_NAME}/${file}"]`, WAIT)
      await page.click(`[aria-label="Preview ${FOLDER_NAME}/${file}"]`)
      await page.waitForFunction(
        file => {
          const frame = document.querySelector<HTMLIFrameElement>(`iframe.preview[title$="${file}"]`)
          if (frame === null) return false
          const shown = frame.contentDocument?.querySelector<HTMLImageElement & HTMLVideoElement>('img, video')
          // Into what is text nobody looks from here.
          return file.endsWith('.txt') || shown?.complete || (shown?.readyState ?? 0) > 1
        },
        WAIT,
        file!,
      )
      await shoot(page, `preview-${name}`)
    }
    await click(page, 'Close the preview')
    await openDetails(page)
    await shoot(page, 'downloading-details', { isForced: true })
    await click(page, 'Show as table')
    await shoot(page, 'downloading-table')
    await closeDetails(page)
    await click(page, 'Pause')
    await inState(page, 'paused')
    await shoot(page, 'paused')
  },

  async saving({ lifetime, open, shoot, address }) {
    const { link, seeder } = await share(lifetime, address, await folderOf(lifetime), {})
    const page = await open(link, { before: slowPickers })
    await download(page)
    await inState(page, 'seeding')
    await shoot(page, 'arrived')
    await click(page, /^Save all/)
    await page.waitForFunction(() => /[1-9]\d? %/.test(document.querySelector('.status')?.textContent ?? ''), WAIT)
    await shoot(page, 'saving')
    await page.waitForFunction(() => document.body.textContent?.includes('Save again'), WAIT)
    await shoot(page, 'done')
    await seeder.close()
    const helped = await open(link)
    await download(helped)
    await page.waitForFunction(
      () => /helping|full cop/.test(document.querySelector('.status')?.textContent ?? ''),
      WAIT,
    )
    await shoot(page, 'done-helping')
  },

  async german({ lifetime, open, shoot, address }) {
    const before = (): void => void Object.defineProperty(navigator, 'languages', { value: ['de', 'en'] })
    const home = await open(address, { before })
    await home.waitForSelector('main > *')
    await home.click('summary')
    await shoot(home, 'german-home')
    await shoot(await open(`${address}privacy.html`, { before }), 'german-privacy')
    const { link } = await share(lifetime, address, await folderOf(lifetime, 40_000_000), {
      uploadBytesPerSecond: 1_500_000,
    })
    const page = await open(link, { before })
    await inState(page, 'ready')
    await shoot(page, 'german-ready')
    await page.click('.ready .primary')
    await hasProgress(page, 0.02)
    await openDetails(page)
    await shoot(page, 'german-downloading')
    const alone = await open(`${address}#${NOWHERE}`, { before })
    await inState(alone, 'joining')
    await shoot(alone, 'german-joining')
  },

  ...failureScenes,
}

/** As other engines draw them. */
export const FIREFOX_SCENES: Readonly<Record<string, Scene>> = {
  async firefox({ lifetime, open, shoot, address }) {
    const sender = await open(address)
    await sender.waitForSelector('main > *')
    await sender.click('summary')
    await shoot(sender, 'home-options')
    await chooseFiles(sender, [join(await folderOf(lifetime), 'agate.jpg')])
    await linkOf(sender)
    await shoot(sender, 'seeding-idle')
    const { link } = await share(lifetime, address, await folderOf(lifetime, 20_000_000), {
      uploadBytesPerSecond: 1_500_000,
    })
    const page = await open(link)
    await inState(page, 'ready')
    await shoot(page, 'ready')
    await download(page)
    await hasProgress(page, 0.02)
    await openDetails(page)
    await shoot(page, 'downloading-details')
  },
}

/** Stands for the person who chooses a folder, and for a slow disk. */
function slowPickers(): void {
  const { createWritable } = FileSystemFileHandle.prototype
  FileSystemFileHandle.prototype.createWritable = async function (...given) {
    const writable = await createWritable.apply(this, given)
    const write = writable.write.bind(writable)
    const writer = {
      write: async (chunk: FileSystemWriteChunkType) => {
        await new Promise(resolve => setTimeout(resolve, 150))
        await write(chunk)
      },
    }
    return Object.assign(
      new WritableStream({ ...writer, close: () => writable.close(), abort: reason => writable.abort(reason) }),
      {
        ...writer,
        close: () => writable.close(),
      },
    ) as unknown as FileSystemWritableFileStream
  }
  Object.assign(window, { showDirectoryPicker: () => navigator.storage.getDirectory() })
}
