/** What a private share is safe from: senders who lie with the right secret, and files that change under it. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { PrivateShareErrorCode } from '../../demo/private/errors.ts'
import { newSecret } from '../../demo/private/keys.ts'
import { openShare, type PrivateSource, sealFiles } from '../../demo/private/private-share.ts'
import type { SeedFile } from '../../src/node/index.ts'
import { clientFor, contentsOf, failsWith, seedSealed, sourcesOf } from '../support/private-shares.ts'
import { patternBytes, sealRecords, sealShare } from '../support/sealed-share.ts'

describe('a hostile sender with the right secret', () => {
  const secret = Buffer.from(newSecret())
  const files = [{ path: 'a/b', type: '', content: patternBytes(100) }]
  const { sealed, envelope } = sealShare({ secret, name: 'a', files })

  async function refused(t: TestContext, parts: readonly Buffer[], code: PrivateShareErrorCode): Promise<void> {
    const torrent = await seedSealed(clientFor(t), parts)
    await assert.rejects(openShare(torrent, new Uint8Array(secret)), failsWith(code))
  }

  it('cannot list more or fewer files than there are', async t => {
    await refused(t, [sealed[0]!], 'bad-listing')
    await refused(t, [...sealed, sealed[1]!], 'bad-listing')
  })

  it('cannot list another length than the torrent has', async t => {
    const long = sealShare({ secret, name: 'a', files: [{ ...files[0]!, content: patternBytes(5000) }] })
    await refused(t, [sealed[0]!, long.sealed[1]!], 'bad-listing')
  })

  it('cannot have names that lead elsewhere', async t => {
    const evil = sealShare({ secret, name: 'a', files: [{ ...files[0]!, path: 'a/../../b' }] })
    await refused(t, evil.sealed, 'bad-listing')
  })

  it('cannot have another version taken for this one', async t => {
    const later = Buffer.from(envelope)
    later.write('2', 14, 'ascii')
    const { keys } = sealShare({ secret, name: 'a', files })
    await refused(t, [sealRecords(keys[0]!, later), sealed[1]!], 'unsupported')
  })

  it('cannot swap files: what was sealed as one is damaged as another', async t => {
    const two = sealShare({ secret, name: 'a', files: [files[0]!, { ...files[0]!, path: 'a/c' }] })
    const torrent = await seedSealed(clientFor(t), [two.sealed[0]!, two.sealed[2]!, two.sealed[1]!])
    const share = await openShare(torrent, new Uint8Array(secret))
    await assert.rejects(contentsOf(share), failsWith('damaged'))
  })

  it('cannot make a name out of what is no number', async t => {
    const shoal = clientFor(t)
    const odd: SeedFile[] = [sealed[0]!, sealed[1]!].map((bytes, i) => ({
      path: `private/0${i}`,
      data: new Uint8Array(bytes),
    }))
    const torrent = shoal.seed(odd, { version: 'v2', name: 'private' })
    await assert.rejects(openShare(torrent, new Uint8Array(secret)), failsWith('not-ours'))
  })
})

describe('a file that changes after it was sealed', () => {
  it('is not sent: its pieces no longer match, so that no nonce meets two plaintexts', async t => {
    let content = patternBytes(200_000)
    const data = {
      size: content.length,
      slice: (begin: number, end: number) => new Blob([new Uint8Array(content.subarray(begin, end))]),
    }
    const kept: PrivateSource = { path: 'a/kept', data: new Blob([new Uint8Array(patternBytes(100_000))]) }
    const { torrent, secret } = await sealFiles(clientFor(t), [{ path: 'a/changing', data }, kept])
    await torrent.ready
    const before = Buffer.from(content)
    content = Buffer.from(content)
    content[150_000]! ^= 1
    const share = await openShare(torrent, secret)
    const altered = share.files[0]!
    // Everything that leaves is read this way, by the vault. Pieces are 16 KiB here.
    const piece = torrent.pieceLength
    assert.ok(piece <= 32_768)
    const reader = altered.stream().getReader()
    const received: Uint8Array[] = []
    const closing = (async () => {
      for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read())
        received.push(value!)
    })()
    const lost = new Promise<void>(resolve => {
      const look = (): void => {
        if (torrent.state === 'downloading') resolve()
      }
      torrent.addEventListener('state', look)
      look()
    })
    const failing = assert.rejects(closing)
    await lost
    await torrent.close()
    await failing
    const sent = Buffer.concat(received)
    assert.ok(sent.length < 150_000)
    assert.deepEqual(sent, before.subarray(0, sent.length))
  })

  it('makes a share of its own when it is sealed again', async t => {
    const shoal = clientFor(t)
    const torrents = new Set<string>()
    for (const text of ['one', 'two', 'two']) {
      const { torrent } = await sealFiles(shoal, sourcesOf({ 'a.txt': Buffer.from(text) }))
      await torrent.ready
      torrents.add(torrent.infoHash)
    }
    assert.equal(torrents.size, 3)
  })
})
