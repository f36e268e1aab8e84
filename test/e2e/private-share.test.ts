/** A private folder between two clients through the real tracker, while a third sees what who knows the infohash alone can see. */
import assert from 'node:assert/strict'
import { after, describe, it, type TestContext } from 'node:test'
import { privateLinkTo, readLink } from '../../demo/link.ts'
import { openShare, type PrivateShare, sealFiles } from '../../demo/private/private-share.ts'
import type { Shoal, Torrent } from '../../src/node/index.ts'
import { startTracker } from '../../tracker/index.ts'
import { startClient } from './support/node-peers.ts'
import { payloadBytes } from './support/payload.ts'

// Connections stay open in the library underneath.
after(async () => (await import('node-datachannel')).cleanup())

const PAGE = { origin: 'https://files.example', pathname: '/' }
const MARK = 'The treasure lies under the third palm.'

const FOLDER: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  'expedition/map.txt': new TextEncoder().encode(MARK.repeat(2_000)),
  'expedition/coins/photo.jpg': payloadBytes(7, 0, 2_500_000),
  'expedition/coins/count': new Uint8Array(0),
}
const SECRET_WORDS = ['expedition', 'map.txt', 'coins', 'photo', 'image/jpeg', 'treasure', 'third palm']

interface Scene {
  readonly client: () => Shoal
  readonly link: string
  readonly sent: Torrent
}

async function sendFolder(t: TestContext, password?: string): Promise<Scene> {
  const tracker = await startTracker({ port: 0, host: 'localhost' })
  t.after(() => tracker.close())
  const client = (): Shoal => startClient(t, { trackers: [tracker.url] })
  const chosen = Object.entries(FOLDER).map(([path, bytes]) => {
    return { path, data: new Blob([bytes], { type: path.endsWith('.jpg') ? 'image/jpeg' : '' }) }
  })
  const { torrent, secret, needsPassword } = await sealFiles(
    client(),
    chosen,
    password === undefined ? {} : { password },
  )
  await torrent.ready
  return { client, sent: torrent, link: privateLinkTo({ infoHash: torrent.infoHash, secret, needsPassword }, PAGE) }
}

async function contentsOf({ files }: PrivateShare): Promise<Record<string, Uint8Array>> {
  const contents: Record<string, Uint8Array> = {}
  for (const file of files) {
    const stream = file.stream() as ReadableStream<Uint8Array<ArrayBuffer>>
    contents[file.path] = new Uint8Array(await new Response(stream).arrayBuffer())
  }
  return contents
}

function assertUnreadable(bytes: Uint8Array): void {
  const text = Buffer.from(bytes)
  for (const word of SECRET_WORDS) assert.ok(!text.includes(word), `"${word}" can be read`)
  const photo = Buffer.from(FOLDER['expedition/coins/photo.jpg']!)
  for (let at = 0; at < photo.length; at += 100_003) assert.ok(!text.includes(photo.subarray(at, at + 32)))
}

describe('a private folder', () => {
  it('arrives with who has the link, and opens range by range', async t => {
    const { client, link } = await sendFolder(t)
    const { infoHash, secret } = readLink(new URL(link).hash)!
    const torrent = client().add(infoHash, { select: 'none' })
    const share = await openShare(torrent, secret!)
    assert.equal(share.name, 'expedition')
    assert.deepEqual(
      share.files.map(({ path, length, type }) => [path, length, type]),
      [
        ['expedition/map.txt', MARK.length * 2_000, ''],
        ['expedition/coins/photo.jpg', 2_500_000, 'image/jpeg'],
        ['expedition/coins/count', 0, ''],
      ],
    )
    const photo = share.files[1]!
    assert.ok(photo.progress < 1, 'nothing but the listing has been fetched')
    const range = photo.stream({ start: 2_000_000, end: 2_100_000 }) as ReadableStream<Uint8Array<ArrayBuffer>>
    assert.deepEqual(
      new Uint8Array(await new Response(range).arrayBuffer()),
      FOLDER['expedition/coins/photo.jpg']!.slice(2_000_000, 2_100_000),
    )
    assert.deepEqual(await contentsOf(share), FOLDER)
  })

  it('is selected file by file, and is then there whole', async t => {
    const { client, link } = await sendFolder(t)
    const { infoHash, secret } = readLink(new URL(link).hash)!
    const torrent = client().add(infoHash, { select: 'none' })
    const { files } = await openShare(torrent, secret!)
    const [map, photo] = files
    map!.select()
    await torrent.done
    assert.deepEqual([map!.progress, map!.priority, photo!.priority], [1, 4, 0])
    assert.ok(photo!.progress < 1)
  })

  it('cannot be read by who has the infohash alone', async t => {
    const { client, sent } = await sendFolder(t)
    const torrent = client().add(sent.infoHash)
    await torrent.done
    assertUnreadable(torrent.metainfo)
    assert.equal(torrent.name, 'private')
    for (const file of torrent.files) {
      assert.match(file.path, /^private\/[0-3]$/)
      assertUnreadable(new Uint8Array(await file.arrayBuffer()))
    }
    const lengths = Object.values(FOLDER).map(({ length }) => length)
    assert.ok(!torrent.files.some(({ length }) => lengths.includes(length)))
  })

  it('with a password opens with both, link and password', async t => {
    const { client, link } = await sendFolder(t, 'Île au trésor')
    const { infoHash, secret, needsPassword } = readLink(new URL(link).hash)!
    assert.equal(needsPassword, true)
    const torrent = client().add(infoHash, { select: 'none' })
    await assert.rejects(openShare(torrent, secret!), { code: 'needs-password' })
    await assert.rejects(openShare(torrent, secret!, { password: 'Ile au tresor' }), { code: 'wrong-password' })
    assert.deepEqual(await contentsOf(await openShare(torrent, secret!, { password: 'Île au trésor' })), FOLDER)
  })
})
