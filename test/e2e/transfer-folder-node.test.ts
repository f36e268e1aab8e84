/** The folder of `transfer-folder.test.ts` between Node's disk and a page, and between two disks. */
import { describe } from 'node:test'
import { diskFolder } from './support/content.ts'
import { realFolder } from './support/packages.ts'
import { BOTH, itArrives } from './support/transfers.ts'

const folder = await realFolder()
const content = await diskFolder(folder)

describe(`a folder of ${content.files.length} files`, () => {
  itArrives(
    content,
    [['Node', { Chromium: ['magnet'] }]],
    [
      ['Chromium', { Node: BOTH }],
      ['Node', { Chromium: ['torrent'], Node: BOTH }],
    ],
    folder,
  )
})
