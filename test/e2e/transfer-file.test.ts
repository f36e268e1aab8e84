/** A file of 64 MiB between all places that peers live in: among their own kind by magnet and by `.torrent`, between two kinds one each way. */
import { describe } from 'node:test'
import { payloadFile } from './support/content.ts'
import { BOTH, itArrives } from './support/transfers.ts'

const content = payloadFile('large.bin', { seed: 64, length: 64 * 1024 * 1024 })

describe('a file of 64 MiB', () => {
  itArrives(content, [
    ['Chromium', { Chromium: BOTH, Firefox: ['magnet'], Node: ['torrent'] }],
    ['Firefox', { Chromium: ['torrent'], Firefox: ['magnet'], Node: ['magnet'] }],
    ['Node', { Chromium: ['magnet'], Firefox: ['torrent'], Node: BOTH }],
  ])
})
