/**
 * A real folder, some 1,900 files and 100 MB, between browsers, by magnet and by `.torrent`.
 * Between Node and the others: `transfer-folder-node.test.ts`, for a file of tests has its time too.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { diskFolder } from './support/content.ts'
import { fetchPackage } from './support/packages.ts'
import { BOTH, itArrives } from './support/transfers.ts'

const folder = await fetchPackage('monaco-editor@0.57.0')
const content = await diskFolder(folder)

describe(`a folder of ${content.files.length} files`, () => {
  it('is one that tests something', () => {
    assert.ok(content.files.length > 1_500)
    assert.ok(content.files.reduce((sum, { length }) => sum + length, 0) > 90_000_000)
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
