/** A file of 64 MiB between all places that peers live in, each pair by magnet and by `.torrent`. */
import { describe } from 'node:test'
import { payloadFile } from './support/content.ts'
import { BOTH, itArrives } from './support/transfers.ts'

const content = payloadFile('large.bin', { seed: 64, length: 64 * 1024 * 1024 })

describe('a file of 64 MiB', () => {
  itArrives(content, [
    ['Chromium', { Chromium: BOTH, Firefox: BOTH, Node: BOTH }],
    ['Firefox', { Chromium: BOTH, Firefox: BOTH, Node: ['torrent'] }],
    ['Node', { Chromium: BOTH, Firefox: ['magnet'], Node: BOTH }],
  ])
})
