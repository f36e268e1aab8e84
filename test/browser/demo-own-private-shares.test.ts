import { shareDatabase } from '../../demo/private/own-private-shares.ts'
import { Shoal } from '../../src/index.ts'
import { ownSharesContract } from '../contract/own-private-shares.ts'

ownSharesContract({
  name: 'IndexedDB',
  database: name => shareDatabase(name),
  client: () => new Shoal({ store: 'memory' }),
  async handle(name, bytes) {
    const folder = await navigator.storage.getDirectory()
    const handle = await folder.getFileHandle(name, { create: true })
    const write = async (content: Uint8Array<ArrayBuffer>): Promise<void> => {
      const writable = await handle.createWritable()
      await writable.write(content)
      await writable.close()
    }
    await write(bytes)
    const { lastModified } = await handle.getFile()
    return {
      handle,
      async change() {
        // The clock of files may be coarse: written until its time is another.
        const changed = bytes.slice()
        changed[0]! ^= 1
        do await write(changed)
        while ((await handle.getFile()).lastModified === lastModified)
      },
    }
  },
})
