import { mkdtemp, open, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStore } from '../../src/node/file-store.ts'
import { storeContract } from './store.ts'

storeContract({
  name: 'files',
  isLasting: true,
  isKeyed: false,
  keepsSources: false,
  async place() {
    const directory = await mkdtemp(join(tmpdir(), 'shoal-store-'))
    return {
      store: () => fileStore({ directory }),
      async damage({ layout, refs }, piece, how) {
        const { file, offset, length } = refs[piece]!.slices[0]!
        const path = join(directory, layout.files[file]!.path)
        if (how === 'gone') await rm(path)
        else if (how === 'cut') await truncate(path, offset + length - 1)
        else await alter(path, offset + 5)
      },
      remove: () => rm(directory, { recursive: true }),
    }
  },
})

async function alter(path: string, position: number): Promise<void> {
  const byte = (await readFile(path))[position]!
  const file = await open(path, 'r+')
  await file.write(Uint8Array.of(byte ^ 1), 0, 1, position)
  await file.close()
}
