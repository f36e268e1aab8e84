/** A file of 64 MiB between all places that peers live in, by magnet and by `.torrent`. */
import { describe } from 'node:test'
import { payloadFile } from './support/content.ts'
import { BOTH, itArrives } from './support/transfers.ts'

const content = payloadFile('large.bin', { seed: 64, length: 64 * 1024 * 1024 })

describe('a file of 64 MiB', () => {
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
