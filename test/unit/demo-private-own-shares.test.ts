/** One's own private shares in memory: the contract, and what a browser's permissions do to handles. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ownPrivateShares, type RememberedShare, type ShareDatabase } from '../../demo/private/own-private-shares.ts'
import { sealFiles } from '../../demo/private/private-share.ts'
import { Shoal } from '../../src/node/index.ts'
import { ownSharesContract } from '../contract/own-private-shares.ts'

const databases = new Map<string, Map<string, RememberedShare>>()

function database(name: string): ShareDatabase {
  const shares = databases.get(name) ?? new Map<string, RememberedShare>()
  databases.set(name, shares)
  return {
    get: async infoHash => shares.get(infoHash),
    set: async (infoHash, share) => void shares.set(infoHash, share),
    delete: async infoHash => void shares.delete(infoHash),
    keys: async () => [...shares.keys()],
  }
}

/** The part of a handle that the page uses. */
class DiskFile {
  permission: PermissionState = 'granted'
  file: File | undefined

  constructor(file: File) {
    this.file = file
  }

  async queryPermission(): Promise<PermissionState> {
    return this.permission
  }

  async getFile(): Promise<File> {
    if (this.file === undefined) throw new DOMException('It is not there.', 'NotFoundError')
    return this.file
  }
}

ownSharesContract({
  name: 'memory',
  database,
  client: () => new Shoal(),
  async handle(name, bytes) {
    const disk = new DiskFile(new File([bytes], name, { lastModified: 1 }))
    return {
      handle: disk as unknown as FileSystemFileHandle,
      change: async () => {
        disk.file = new File([bytes], name, { lastModified: 2 })
      },
    }
  },
})

describe('a remembered file', () => {
  const bytes = Uint8Array.from({ length: 50_000 }, (_, i) => i & 255)

  async function remembered(name: string): Promise<{ disk: DiskFile; infoHash: string }> {
    const disk = new DiskFile(new File([bytes], 'a.bin', { lastModified: 1 }))
    const handle = disk as unknown as FileSystemFileHandle
    const chosen = [{ path: 'a.bin', data: disk.file!, handle }]
    const shoal = new Shoal()
    const sealed = await sealFiles(shoal, chosen)
    await sealed.torrent.ready
    await ownPrivateShares(database(name)).remember(sealed, chosen)
    await shoal.close()
    return { disk, infoHash: sealed.torrent.infoHash }
  }

  it('whose permission has to be asked for waits for that', async t => {
    const { disk, infoHash } = await remembered('permission')
    disk.permission = 'prompt'
    const shoal = new Shoal()
    t.after(() => shoal.close())
    const own = ownPrivateShares(database('permission'))
    const waiting = (await own.restore(shoal, infoHash))!
    assert.deepEqual([...waiting.troubles], [['a.bin', 'permission']])
    assert.deepEqual(waiting.askable, [disk])
    assert.equal(waiting.files[0]!.progress, 0)
    await waiting.torrent.close()
    disk.permission = 'granted'
    const granted = (await own.restore(shoal, infoHash))!
    assert.equal(granted.troubles.size, 0)
    assert.equal(granted.files[0]!.progress, 1)
  })

  it('that is not there any more is gone', async t => {
    const { disk, infoHash } = await remembered('gone')
    disk.file = undefined
    const shoal = new Shoal()
    t.after(() => shoal.close())
    const restored = (await ownPrivateShares(database('gone')).restore(shoal, infoHash))!
    assert.deepEqual([...restored.troubles], [['a.bin', 'gone']])
  })

  const changes: Readonly<Record<string, (bytes: ArrayBuffer) => ArrayBuffer>> = {
    // As browsers have it: a File whose disk file changed can be read no longer.
    'can be read no longer': () => {
      throw new DOMException('It changed.', 'NotReadableError')
    },
    'reads otherwise, with size and time as they were': buffer => {
      new Uint8Array(buffer)[0]! ^= 1
      return buffer
    },
  }
  for (const [how, change] of Object.entries(changes)) {
    it(`that changes while it is seeded, and ${how}, is said so, and no altered byte leaves`, async t => {
      const { disk, infoHash } = await remembered(how)
      let isChanged = false
      const file = disk.file!
      disk.file = Object.assign(file, {
        slice: (begin: number, end: number) => ({
          async arrayBuffer() {
            const buffer = await Blob.prototype.slice.call(file, begin, end).arrayBuffer()
            return isChanged ? change(buffer) : buffer
          },
        }),
      })
      const shoal = new Shoal()
      t.after(() => shoal.close())
      const restored = (await ownPrivateShares(database(how)).restore(shoal, infoHash))!
      assert.equal(restored.troubles.size, 0)
      isChanged = true
      const reader = restored.files[0]!.stream().getReader()
      const failing = assert.rejects(reader.read())
      await new Promise<void>(resolve => {
        const look = (): void => (restored.troubles.size > 0 ? resolve() : undefined)
        restored.torrent.addEventListener('state', look)
        look()
      })
      assert.deepEqual([...restored.troubles], [['a.bin', 'changed']])
      await restored.torrent.close()
      await failing
    })
  }
})
