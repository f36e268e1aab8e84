/** `shoal publish`: visitors who are connected hear of a deploy, and of its end, from the tracker. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Server } from 'bittorrent-tracker'
import { encodePointer, parsePointer } from '../../src/protocol/tracker-site.ts'
import { readPointer } from '../../src/site/pointer.ts'
import { startTracker } from '../../tracker/index.ts'
import { TestSocket } from '../contract/tracker-support.ts'
import type { Lifetime } from './support/scope.ts'
import { done, refused, type Scene, scene } from './support/site-scene.ts'

interface Live extends Scene {
  /** What the site's server has. */
  readonly live: string
  readonly urls: readonly string[]
  upload(): Promise<void>
}

/** A site with one image, its server, which has only what was uploaded, and its tracker. */
async function live(t: Lifetime, tracker: string): Promise<Live> {
  const stage = await scene(t, { 'photo.jpg': randomBytes(40_000) })
  const live = join(stage.folder, 'live')
  const server = createServer(async ({ url }, response) => {
    const bytes = await readFile(join(live, url ?? '')).catch(() => undefined)
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const upload = () => cp(stage.site, live, { recursive: true })
  return { ...stage, live, upload, urls: ['--origin', origin, '--tracker', tracker] }
}

describe('shoal publish', () => {
  it('tells visitors of a deploy once it is uploaded, and of its end at once', async t => {
    const tracker = await startTracker({ port: 0, host: 'localhost', limits: { pointerSeconds: 0.1 } })
    t.after(() => tracker.close())
    const site = await live(t, tracker.url)
    await done(site.run('build', 'site', ...site.urls))
    const first = await readFile(join(site.site, 'shoal.pointer'))
    const visitor = await new TestSocket(tracker.url).open()
    t.after(() => visitor.close())
    visitor.send(encodePointer(first))
    const heard = async (count: number) => {
      await visitor.received(count)
      return readPointer(parsePointer(visitor.messages[count - 1]!)!).pointer
    }

    await writeFile(join(site.site, 'photo.jpg'), randomBytes(40_000))
    const { stdout } = await done(site.run('build', 'site', ...site.urls))
    await refused(site.run('publish', 'site'), /answers 404\. Upload the folder first/)
    await site.upload()
    const published = await done(site.run('publish', 'site'))
    assert.match(published.stderr, /localhost:\d+: told$/m)
    const second = await heard(1)
    assert.ok(
      stdout.includes(`version ${second.version}\n`) && published.stdout.includes(`version ${second.version}\n`),
    )

    await writeFile(join(site.site, 'photo.jpg'), randomBytes(40_000))
    await done(site.run('build', 'site', ...site.urls))
    await refused(site.run('publish', 'site'), /is another pointer than that of the folder\. Upload/)

    await done(site.run('sign', 'site', '--kill'))
    assert.match((await done(site.run('publish', 'site'))).stdout, /which ends it/)
    assert.ok((await heard(2)).isKilled)
    assert.equal(visitor.messages.length, 2)
  })

  it('says which trackers were not told, and why', async t => {
    const others = new Server({ http: false, udp: false, ws: true, stats: false })
    others.listen(0, 'localhost')
    await once(others, 'listening')
    t.after(() => others.close())
    const port = (others.ws.address() as AddressInfo).port
    const site = await live(t, `ws://localhost:${port}`)
    await done(site.run('build', 'site', ...site.urls))
    await site.upload()
    const publishing = site.run('publish', 'site', '--tracker', 'ws://localhost:1')
    const { exitCode, stderr } = await publishing
    assert.equal(exitCode, 1)
    assert.match(stderr, new RegExp(`^ws://localhost:${port}: not told: .*invalid action.*$`, 'm'))
    assert.match(stderr, /^ws:\/\/localhost:1: not told: .*ECONNREFUSED.*$/m)
    assert.match(stderr, /No tracker was told\.$/m)
  })
})
