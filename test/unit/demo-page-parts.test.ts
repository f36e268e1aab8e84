/** What the share page is made of that needs no page. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readRanges, writeRanges } from '../../demo/begun-shares.ts'
import { withoutAddresses } from '../../demo/diagnostics.ts'
import { choiceOf, choose, chosenIn, fileTree } from '../../demo/file-tree.ts'
import { languageFor } from '../../demo/language.ts'
import { ENGLISH, type StringKey, type Text } from '../../demo/strings/english.ts'
import { GERMAN } from '../../demo/strings/german.ts'

describe('the strings', () => {
  const formsOf = (text: Text): string[] => (typeof text === 'string' ? [text] : [text.one, text.other])
  const valuesOf = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g))].sort()

  it('have the same values in every language', () => {
    for (const key of Object.keys(ENGLISH) as StringKey[]) {
      const [expected] = formsOf(ENGLISH[key]).map(valuesOf)
      for (const form of [...formsOf(ENGLISH[key]), ...formsOf(GERMAN[key])])
        assert.deepEqual(valuesOf(form), expected, key)
    }
  })

  it('are those of the first language that is spoken', async () => {
    assert.equal((await languageFor(['fr', 'de-CH', 'en'])).tag, 'de')
    assert.equal((await languageFor(['fr'])).tag, 'en')
    assert.equal((await languageFor([])).say('files', { n: 1 }), '1 file')
    assert.equal((await languageFor(['de'])).say('files', { n: 12_345 }), '12.345 Dateien')
  })

  it('take values as they are, whatever these look like', async () => {
    assert.equal((await languageFor(['en'])).say('saveFile', { path: '$& {path} <b>' }), 'Save $& {path} <b>')
  })
})

describe('the tree of files', () => {
  const files = ['trip/a.jpg', 'trip/sub/b.jpg', 'trip/sub/c.jpg', 'trip/d'].map((path, i) => ({
    path,
    length: 10 ** i,
  }))

  it('has the folder that all are in at its top, and all chosen', () => {
    const top = fileTree(files)
    assert.equal(top.name, 'trip')
    assert.deepEqual(
      top.children.map(({ name }) => name),
      ['a.jpg', 'sub', 'd'],
    )
    assert.equal(choiceOf(top), 'all')
    assert.equal(top.chosenBytes, 1111)
  })

  it('knows folders of which some is chosen', () => {
    const top = fileTree(files)
    const sub = top.children[1]!
    choose(sub.children[0]!, false)
    assert.equal(choiceOf(sub), 'some')
    assert.equal(choiceOf(top), 'some')
    assert.equal(top.chosenBytes, 1101)
    assert.deepEqual(chosenIn(top), [0, 2, 3])
    choose(top, false)
    assert.equal(choiceOf(sub), 'none')
    choose(sub, true)
    assert.deepEqual(chosenIn(top), [1, 2])
  })

  it('is a single file where there is one', () => {
    assert.deepEqual(chosenIn(fileTree([{ path: 'letter.txt', length: 5 }])), [0])
  })

  it('holds files by the thousand in one folder, and folders in each other', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => ({ path: `a/${i}`, length: 1 }))
    const deep = { path: `${'d/'.repeat(500)}x`, length: 1 }
    const top = fileTree([...many, deep])
    choose(top, false)
    assert.equal(top.chosenCount, 0)
    assert.equal(top.fileCount, 20_001)
  })

  it('has a file in a folder called like things of JavaScript', () => {
    const top = fileTree([
      { path: '__proto__/constructor', length: 1 },
      { path: 'toString', length: 2 },
    ])
    assert.deepEqual(
      top.children.map(({ name }) => name),
      ['__proto__', 'toString'],
    )
  })
})

describe('what was begun', () => {
  it('is remembered as ranges', () => {
    assert.equal(writeRanges([7, 0, 1, 2]), '0-2,7')
    assert.deepEqual(readRanges('0-2,7'), [0, 1, 2, 7])
    assert.deepEqual(readRanges(''), [])
    assert.deepEqual(readRanges('x,3-1,-4,5'), [5])
    assert.ok(readRanges('0-99999999999').length < 2_000_000)
  })
})

describe('diagnostics', () => {
  it('have no addresses, hashes or secrets in them', () => {
    const text = [
      'page ws://files.example:8000',
      'udp 192.168.1.20:5000 and [2001:db8::1]:443, fe80::1ff:fe23:4567:890a, ::1',
      '4f1c-22.local',
      'https://files.example:8000/#deadbeef.secret',
      'ab'.repeat(20),
      'Chrome/120.0.0.0 at 10:42:07',
    ].join('\n')
    const clean = withoutAddresses(text, 'files.example:8000')
    assert.doesNotMatch(clean, /192\.168|2001|fe80|::1|4f1c|deadbeef|secret\b(?!\])|abab/)
    assert.match(clean, /ws:\/\/files\.example:8000/)
    assert.match(clean, /Chrome\/120\.0\.0\.0 at 10:42:07/)
  })
})
