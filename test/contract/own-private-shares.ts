/** What remembers private shares across reloads must do, wherever it keeps them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type FileTrouble,
  ownPrivateShares,
  type OwnSource,
  type ShareDatabase,
} from '../../demo/private/own-private-shares.ts'
import { openShare, type PrivateShare, sealFiles } from '../../demo/private/private-share.ts'
import type { Shoal } from '../../src/index.ts'

export interface OwnSharesPlace {
  readonly name: string
  /** The same database for the same name: a page, and the page after its reload. */
  database(name: string): ShareDatabase
  /** A client without trackers, whose own store keeps nothing. */
  client(): Shoal
  /** A file that can be read by its handle, and how to change it behind the page's back, keeping its length. */
  handle(
    name: string,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<{ handle: FileSystemFileHandle; change(): Promise<void> }>
}

type Chosen = OwnSource & { readonly path: string }

const BYTES_MAX = 100_000

function bytesOf(seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: BYTES_MAX - seed }, (_, i) => (i * 7 + seed + (i >> 8)) & 255)
}

async function read(share: PrivateShare, index: number): Promise<Uint8Array> {
  const stream = share.files[index]!.stream() as ReadableStream<Uint8Array<ArrayBuffer>>
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

export function ownSharesContract(place: OwnSharesPlace): void {
  describe(`one’s own private shares, remembered in ${place.name}`, () => {
    let count = 0
    const fresh = (): string => `own-shares-${Date.now()}-${count++}`

    async function share(
      name: string,
      chosen: readonly Chosen[],
      password?: string,
    ): Promise<{ infoHash: string; secret: Uint8Array }> {
      const shoal = place.client()
      const sealed = await sealFiles(shoal, chosen, password === undefined ? {} : { password })
      await sealed.torrent.ready
      await ownPrivateShares(place.database(name)).remember(sealed, chosen)
      const { infoHash } = sealed.torrent
      await shoal.close()
      return { infoHash, secret: sealed.secret }
    }

    const copies = (): Chosen[] =>
      [1, 2].map(seed => ({
        path: `holiday/${seed}.bin`,
        data: new File([bytesOf(seed)], `${seed}.bin`, { lastModified: 5 }),
      }))

    it('are seeded again under the same infohash and secret, with true names', async () => {
      const name = fresh()
      const { infoHash, secret } = await share(name, copies())
      const own = ownPrivateShares(place.database(name))
      assert.deepEqual(await own.all(), [infoHash])
      assert.equal(await own.has(infoHash), true)
      const shoal = place.client()
      const restored = (await own.restore(shoal, infoHash))!
      assert.equal(restored.torrent.infoHash, infoHash)
      assert.deepEqual(restored.secret, secret)
      assert.equal(restored.needsPassword, false)
      assert.equal(restored.name, 'holiday')
      assert.equal(restored.torrent.state, 'seeding')
      assert.deepEqual(
        restored.files.map(({ path, progress }) => [path, progress]),
        [
          ['holiday/1.bin', 1],
          ['holiday/2.bin', 1],
        ],
      )
      assert.equal(restored.troubles.size, 0)
      for (const [i, seed] of [1, 2].entries()) assert.deepEqual(await read(restored, i), bytesOf(seed))
      await shoal.close()
    })

    it('with a password need it no more here, and still from others', async () => {
      const name = fresh()
      const { infoHash } = await share(name, copies(), 'reef')
      const shoal = place.client()
      const restored = (await ownPrivateShares(place.database(name)).restore(shoal, infoHash))!
      assert.equal(restored.needsPassword, true)
      assert.deepEqual(await read(restored, 0), bytesOf(1))
      await assert.rejects(openShare(restored.torrent, restored.secret), { code: 'needs-password' })
      const opened = await openShare(restored.torrent, restored.secret, { password: 'reef' })
      assert.deepEqual(await read(opened, 1), bytesOf(2))
      await shoal.close()
    })

    it('are read by their handles, and a file that changed meanwhile is said so and not sent', async () => {
      const name = fresh()
      const { handle, change } = await place.handle(name, bytesOf(3))
      const chosen: Chosen[] = [...copies(), { path: 'holiday/3.bin', data: await handle.getFile(), handle }]
      const { infoHash } = await share(name, chosen)
      const own = ownPrivateShares(place.database(name))
      const before = place.client()
      const unchanged = (await own.restore(before, infoHash))!
      assert.equal(unchanged.troubles.size, 0)
      assert.deepEqual(await read(unchanged, 2), bytesOf(3))
      await before.close()
      await change()
      const after = place.client()
      const restored = (await own.restore(after, infoHash))!
      assert.deepEqual([...restored.troubles], [['holiday/3.bin', 'changed']] satisfies [string, FileTrouble][])
      assert.deepEqual(
        restored.files.map(({ progress }) => progress),
        [1, 1, 0],
      )
      assert.deepEqual(await read(restored, 0), bytesOf(1))
      await after.close()
    })

    it('are forgotten when they are to be', async () => {
      const name = fresh()
      const { infoHash } = await share(name, copies())
      const own = ownPrivateShares(place.database(name))
      await own.forget(infoHash)
      assert.equal(await own.has(infoHash), false)
      const shoal = place.client()
      assert.equal(await own.restore(shoal, infoHash), undefined)
      await shoal.close()
    })

    it('that are here already are not seeded twice', async () => {
      const name = fresh()
      const { infoHash } = await share(name, copies())
      const own = ownPrivateShares(place.database(name))
      const shoal = place.client()
      await own.restore(shoal, infoHash)
      await assert.rejects(own.restore(shoal, infoHash), { code: 'duplicate-torrent' })
      await shoal.close()
    })
  })
}
