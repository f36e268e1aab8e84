/** Rooms: people who meet in real browsers, and a stranger who knows where they meet. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Browser, Page } from 'puppeteer-core'
import WebSocket from 'ws'
import { meet } from '../../demo/room/meeting.ts'
import { roomKeys, secretOf } from '../../demo/room/secret.ts'
import type { TrackerSockets } from '../../demo/room/tracker-sockets.ts'
import { assertAccessible, assertLargeEnough } from './support/accessible.ts'
import { launchBrowser } from './support/browser.ts'
import { scratchFolder } from './support/cli.ts'
import { payloadBytes } from './support/payload.ts'
import { enterRoom, fileIn, lines, news, people, roomLink, say } from './support/room-page.ts'
import { stranger } from './support/room-stranger.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { chooseFiles, click, problem, says, text, visit, WAIT, startSharePage } from './support/share-page.ts'

const scope = fileScope()
let browser: Browser
let address = ''

before(async () => {
  browser = await launchBrowser(scope, 'chromium')
  address = (await startSharePage(scope)).address
})

function enter(t: Lifetime, name: string, link = `${address}room.html`, of = browser): Promise<Page> {
  return enterRoom(t, link, name, { of })
}

/** Three who see each other. */
async function company(t: Lifetime): Promise<[ann: Page, bob: Page, cid: Page]> {
  const ann = await enter(t, 'Ann')
  const link = await roomLink(ann)
  const [bob, cid] = [await enter(t, 'Bob', link), await enter(t, 'Cid', link)]
  await people(ann, ['Ann – you, here', 'Bob – here', 'Cid – here'])
  await people(bob, ['Bob – you, here', 'Ann – here', 'Cid – here'])
  await people(cid, ['Cid – you, here', 'Ann – here', 'Bob – here'])
  return [ann, bob, cid]
}

describe('a room', () => {
  it('shows who is there, what they do, and that they leave', async t => {
    const [ann, bob, cid] = await company(t)
    await says(ann, '.status', /^You and 2 others are here/)
    await bob.select('#own-status', 'busy')
    await people(ann, ['Ann – you, here', 'Bob – busy', 'Cid – here'])
    await cid.$eval('#own-name', input => {
      const field = input as HTMLInputElement
      field.value = 'Cecilia'
      field.dispatchEvent(new Event('change'))
    })
    await people(ann, ['Ann – you, here', 'Bob – busy', 'Cecilia – here'])
    await click(cid, 'Leave')
    await cid.waitForSelector('.door', WAIT)
    await news(ann, /^Cecilia left/)
    await people(ann, ['Ann – you, here', 'Bob – busy'])
    // Without a word.
    await bob.close()
    await news(ann, /^Bob left/)
    await says(ann, '.status', /^Nobody else is here/)
  })

  it('carries talk to all, question before answer', async t => {
    const [ann, bob, cid] = await company(t)
    const expected: string[] = []
    for (const [n, [page, name]] of ([ann, bob, cid] as const)
      .flatMap((page, i) => {
        return [0, 1].map(k => [3 * k + i, [page, ['Ann', 'Bob', 'Cid'][i]!]] as const)
      })
      .sort(([a], [b]) => a - b)) {
      // Each answers what it has just read.
      await lines(page, n)
      await say(page, `line ${n} <b>&amp;`)
      expected.push(`${name}: line ${n} <b>&amp;`)
    }
    for (const page of [ann, bob, cid]) assert.deepEqual(await lines(page, 6), expected)
  })

  it('tells whoever comes later what was said, and has one back after a reload', async t => {
    const ann = await enter(t, 'Ann')
    for (const word of ['one', 'two', 'three']) await say(ann, word)
    const bob = await enter(t, 'Bob', await roomLink(ann))
    assert.deepEqual(await lines(bob, 3), ['Ann: one', 'Ann: two', 'Ann: three'])
    await people(ann, ['Ann – you, here', 'Bob – here'])
    await bob.reload()
    assert.deepEqual(await lines(bob, 3), ['Ann: one', 'Ann: two', 'Ann: three'])
    await news(ann, /^Bob left/)
    await people(ann, ['Ann – you, here', 'Bob – here'])
    await say(bob, 'here again')
    assert.equal((await lines(ann, 4)).at(-1), 'Bob: here again')
  })

  it('shares what is dropped into it, byte for byte', async t => {
    const ann = await enter(t, 'Ann')
    const bob = await enter(t, 'Bob', await roomLink(ann))
    const folder = await scratchFolder(t)
    const content = payloadBytes(77, 0, 3_000_001)
    await writeFile(join(folder, 'photo.jpg'), content)
    await chooseFiles(ann, [join(folder, 'photo.jpg')])
    await fileIn(ann, 'own')
    assert.match(await fileIn(bob, 'offered'), /^photo\.jpg3 MB · from Ann$/)
    await click(bob, 'Download')
    await fileIn(bob, 'arrived')
    const saved = await scratchFolder(t)
    const session = await browser.target().createCDPSession()
    const { browserContextId } = (await (await bob.createCDPSession()).send('Target.getTargetInfo')).targetInfo
    await session.send('Browser.setDownloadBehavior', {
      behavior: 'allow',
      downloadPath: saved,
      eventsEnabled: true,
      ...(browserContextId !== undefined && { browserContextId }),
    })
    const done = new Promise<void>(resolve => {
      session.on('Browser.downloadProgress', ({ state }) => {
        if (state === 'completed') resolve()
      })
    })
    await click(bob, 'Save')
    await done
    assert.deepEqual(await readFile(join(saved, 'photo.jpg')), Buffer.from(content))
    // Who comes later has it too; from Ann alone, who has reloaded her page.
    await ann.waitForSelector('.room-files [data-kept="true"]', WAIT)
    await ann.reload()
    await fileIn(ann, 'arrived')
    await click(bob, 'Leave')
    const cid = await enter(t, 'Cid', await roomLink(ann))
    await fileIn(cid, 'offered')
    await click(cid, 'Download')
    await fileIn(cid, 'arrived')
  })

  it('is open to Firefox', async t => {
    const ann = await enter(t, 'Ann')
    const fox = await enter(t, 'Fox', await roomLink(ann), await launchBrowser(t, 'firefox'))
    await people(ann, ['Ann – you, here', 'Fox – here'])
    await say(fox, 'hello from Firefox')
    await say(ann, 'hello from Chromium')
    await lines(ann, 2)
    assert.deepEqual((await lines(fox, 2)).sort(), ['Ann: hello from Chromium', 'Fox: hello from Firefox'])
  })
})

describe('a stranger in the swarm of a room', () => {
  it('hears nothing, and is heard by nobody', async t => {
    const ann = await enter(t, 'Ann')
    const link = await roomLink(ann)
    const { infoHash } = await roomKeys(secretOf(new URL(link).hash)!)
    const tracker = address.replace(/^http/, 'ws').replace(/\/$/, '')
    const greeting = Uint8Array.of(1, ...crypto.getRandomValues(new Uint8Array(32)))
    const forgery = crypto.getRandomValues(new Uint8Array(300))
    const says = (heardCount: number): Uint8Array | undefined => [greeting, undefined, forgery][heardCount]
    const eve = stranger(t, { tracker, infoHash, says })
    // A greeting, and the proof that Ann has the key; then she hangs up.
    assert.deepEqual(
      (await eve.heard).map(({ length }) => length),
      [33, 17],
    )
    const mute = stranger(t, { tracker, infoHash, says: () => undefined })
    const bob = await enter(t, 'Bob', link)
    await people(bob, ['Bob – you, here', 'Ann – here'])
    await say(ann, 'nobody else hears this')
    await lines(bob, 1)
    await say(bob, 'I do')
    for (const page of [ann, bob]) {
      assert.deepEqual(await lines(page, 2), ['Ann: nobody else hears this', 'Bob: I do'])
    }
    await people(ann, ['Ann – you, here', 'Bob – here'])
    // Whoever proves nothing is told nothing, and is hung up on.
    assert.deepEqual(await mute.heard, [])
  })
})

describe('a member who forges', () => {
  it('what another said is not believed, and hung up on by all', async t => {
    const ann = await enter(t, 'Ann')
    const link = await roomLink(ann)
    const bob = await enter(t, 'Bob', link)
    await people(bob, ['Bob – you, here', 'Ann – here'])
    const keys = await roomKeys(secretOf(new URL(link).hash)!)
    const tracker = address.replace(/^http/, 'ws').replace(/\/$/, '')
    const links = new Set<number>()
    const forged: Buffer[] = []
    let ended = 0
    let alone = (): void => undefined
    const left = new Promise<void>(resolve => (alone = resolve))
    const mallory = meet(
      { ...keys, tracker, WebSocket: WebSocket as unknown as TrackerSockets, lastWord: new Uint8Array(0) },
      {
        status: () => undefined,
        shutdown: () => undefined,
        counted: () => undefined,
        linked: link => void links.add(link),
        // Once both have said who they are, both are made to leave.
        async frame(_, kind, bytes) {
          if (kind !== 'live') return
          const text = Buffer.from(bytes).toString('latin1').replace('"status":"here"', '"status":"left"')
          forged.push(Buffer.from(text, 'latin1'))
          if (forged.length < 2) return
          for (const link of links) for (const message of forged) mallory.send(link, 'live', message)
        },
        unlinked(link) {
          links.delete(link)
          ended += 1
          if (ended === 2) alone()
        },
      },
    )
    t.after(() => mallory.close())
    await left
    await say(ann, 'still here')
    assert.deepEqual(await lines(bob, 1), ['Ann: still here'])
    await people(ann, ['Ann – you, here', 'Bob – here'])
    await people(bob, ['Bob – you, here', 'Ann – here'])
    assert.ok(!(await text(bob, '.log')).includes('left'))
  })
})

describe('the page of rooms', () => {
  it('says what is wrong: a cut link, no WebRTC, no meeting point', async t => {
    const cut = await visit(t, `${address}room.html#abc`, { of: browser })
    assert.match(await text(cut, '.alert'), /not complete/)
    const blocked = await enterRoom(t, `${address}room.html`, 'Ann', {
      of: browser,
      before: () => void Reflect.deleteProperty(globalThis, 'RTCPeerConnection'),
    })
    assert.match(await problem(blocked, 'no-webrtc'), /WebRTC.*another browser/)
    const { server, address: own } = await startSharePage(t)
    const page = await enterRoom(t, `${own}room.html`, 'Ann', { of: browser, allowed: /WebSocket|ERR_CONNECTION/ })
    await says(page, '.status', /^Nobody else/)
    await server.stop('SIGTERM')
    await news(page, /^The meeting point restarts within \d+ second/)
    assert.match(await problem(page, 'tracker-down'), /Can't reach the meeting point.*trying again/)
  })

  it('meets nobody before a button was pressed', async t => {
    const ann = await enter(t, 'Ann')
    const guest = await visit(t, await roomLink(ann), { of: browser })
    await guest.waitForSelector('.door', WAIT)
    assert.match(await text(guest, 'h2'), /invited/)
    await guest.close()
    const bob = await enter(t, 'Bob', await roomLink(ann))
    await people(bob, ['Bob – you, here', 'Ann – here'])
    await people(ann, ['Ann – you, here', 'Bob – here'])
  })

  it('speaks the language of whoever reads it', async t => {
    const before = (): void => void Object.defineProperty(navigator, 'languages', { value: ['de-AT', 'en'] })
    const page = await visit(t, `${address}room.html`, { of: browser, before })
    await says(page, 'h2', /^Sich in einem Raum treffen/)
    await page.type('#name', 'Jörg')
    await click(page, 'Raum öffnen')
    await people(page, ['Jörg – du, da'])
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'de')
  })

  it('is accessible: axe finds nothing, at any stage', async t => {
    const door = await visit(t, `${address}room.html#abc`, { of: browser })
    await assertAccessible(door)
    await assertLargeEnough(door)
    const [ann, bob] = await company(t)
    await say(ann, 'see https://example.org/ for more')
    await lines(bob, 1)
    const folder = await scratchFolder(t)
    await writeFile(join(folder, 'a.bin'), payloadBytes(3, 0, 100_000))
    await chooseFiles(ann, [join(folder, 'a.bin')])
    await click(bob, 'Download')
    await fileIn(bob, 'arrived')
    await click(ann, 'QR code')
    await ann.waitForSelector('.qr svg', WAIT)
    for (const page of [ann, bob]) {
      await assertAccessible(page)
      await assertLargeEnough(page)
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))
    }
  })

  it('is used by the keyboard alone, the focus going from top to bottom', async t => {
    const page = await visit(t, `${address}room.html`, { of: browser })
    await page.waitForSelector('#name')
    await page.focus('#name')
    await page.keyboard.type('Kim')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.room', WAIT)
    await page.waitForFunction(() => document.activeElement?.tagName === 'H2', WAIT)
    const passed: string[] = []
    for (const _ of Array.from({ length: 10 })) {
      await page.keyboard.press('Tab')
      passed.push(await page.evaluate(() => document.activeElement?.id || (document.activeElement?.textContent ?? '')))
      if (passed.at(-1) === 'message') break
    }
    assert.deepEqual(
      passed.filter(name => !/^Share$/.test(name)).map(name => name.slice(0, 10)),
      ['link', 'Copy link', 'QR code', 'own-name', 'own-status', 'Nothing ha', 'message'],
    )
    await page.keyboard.type('typed')
    await page.keyboard.press('Enter')
    assert.deepEqual(await lines(page, 1), ['Kim: typed'])
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'message')
  })
})
