/** A large file between all places that peers live in, by magnet and by `.torrent`: 24 MiB, or 64 with `SHOAL_TEST_ALL=1`. */
import { describe } from 'node:test'
import { ALL } from './support/all.ts'
import { payloadFile } from './support/content.ts'
import { BOTH, itArrives } from './support/transfers.ts'

const MEBIBYTES = ALL ? 64 : 24

const content = payloadFile('large.bin', { seed: 64, length: MEBIBYTES * 1024 * 1024 })

describe(`a file of ${MEBIBYTES} MiB`, () => {
  itArrives(
    content,
    [
      ['Chromium', { Chromium: ['torrent'], Firefox: ['magnet'] }],
      ['Firefox', { Node: ['magnet'] }],
      ['Node', { Chromium: ['magnet'], Node: ['torrent'] }],
    ],
    [
      ['Chromium', { Chromium: BOTH, Node: BOTH }],
      ['Firefox', { Chromium: BOTH, Firefox: BOTH }],
      ['Node', { Firefox: BOTH, Node: BOTH }],
    ],
  )
})
