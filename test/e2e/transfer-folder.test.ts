/**
 * A real folder, some 700 files, between browsers, by magnet and by `.torrent`; with `SHOAL_TEST_ALL=1` the one above it, of 1,900 files and 100 MB.
 * Between Node and the others: `transfer-folder-node.test.ts`, for a file of tests has its time too.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ALL } from './support/all.ts'
import { diskFolder } from './support/content.ts'
import { realFolder } from './support/packages.ts'
import { BOTH, itArrives } from './support/transfers.ts'

const folder = await realFolder()
const content = await diskFolder(folder)

describe(`a folder of ${content.files.length} files`, () => {
  it('is one that tests something', () => {
    assert.ok(content.files.length > (ALL ? 1_500 : 500))
    assert.ok(content.files.reduce((sum, { length }) => sum + length, 0) > (ALL ? 90_000_000 : 6_000_000))
  })

  itArrives(
    content,
    [['Chromium', { Chromium: ['torrent'] }]],
    [
      ['Chromium', { Chromium: ['magnet'], Firefox: BOTH }],
      ['Firefox', { Chromium: BOTH }],
    ],
    folder,
  )
})
