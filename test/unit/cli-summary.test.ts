import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parseMagnet } from '../../src/metainfo/magnet.ts'
import { parseMetainfo } from '../../src/metainfo/metainfo.ts'
import { summaryLines, summaryOfMagnet, summaryOfMetainfo } from '../../src/node/cli/summary.ts'

const tree = parseMetainfo(readFileSync('test/fixtures/vectors/tree.hybrid.torrent'))

describe('what is in a torrent', () => {
  it('is told as data, with null for what is not known', () => {
    const summary = summaryOfMetainfo(tree)
    assert.equal(summary.version, 'hybrid')
    assert.equal(summary.comment, null)
    assert.equal(summary.files.find(file => file.path === 'site/img/empty.txt')?.piecesRoot, null)
    assert.match(summary.files[0]?.piecesRoot ?? '', /^[0-9a-f]{64}$/)
    assert.equal(summaryOfMagnet(parseMagnet(summary.magnet)).infoHashV2, summary.infoHashV2)
  })

  it('leaves out of the lines what is not known', () => {
    const lines = summaryLines(summaryOfMagnet(parseMagnet('ab'.repeat(20))))
    assert.deepEqual(
      lines.map(line => line.slice(0, 13).trim()),
      ['infohash v1', 'magnet'],
    )
  })

  it('keeps a comment on one line, so that it cannot pass for lines of ours', () => {
    const lines = summaryLines({ ...summaryOfMetainfo(tree), comment: 'nice\nmagnet       magnet:?xt=evil' })
    assert.equal(lines.filter(line => line.startsWith('magnet ')).length, 1)
  })

  it('survives a creation date that is no date', () => {
    assert.equal(summaryOfMetainfo({ ...tree, creationDate: 2 ** 53 - 1 }).createdAt, null)
    assert.equal(summaryOfMetainfo({ ...tree, creationDate: 0 }).createdAt, '1970-01-01T00:00:00.000Z')
  })
})
