import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShoalError } from '../../src/errors.ts'
import { SafePaths, safePath } from '../../src/metainfo/paths.ts'
import { processorMs } from '../support/processor-time.ts'

/** Safe paths of one torrent. */
function name(...paths: string[][]): string[] {
  const safe = new SafePaths()
  return paths.map(path => safe.add(path).path)
}

test('ordinary names stay as they are', () => {
  for (const ordinary of [
    'a.txt',
    '.bashrc',
    'ünïcode-名.bin',
    'a b',
    '한글',
    'שלום',
    '👩‍👩‍👧',
    '-x',
    '~',
    'conx',
    'com',
    'com10',
    'a%2fb',
  ]) {
    assert.deepEqual(safePath([ordinary]), [ordinary])
    assert.deepEqual(new SafePaths().add(['d', ordinary]), { path: `d/${ordinary}`, isChanged: false })
  }
})

test('nothing leads out of the folder or to a device', () => {
  const cases: [string, string][] = [
    ['..', '__'],
    ['.', '_'],
    ['...', '___'],
    ['. .', '___'],
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['/etc/passwd', '_etc_passwd'],
    ['..\\..\\windows', '.._.._windows'],
    ['C:\\x', 'C__x'],
    ['C:', 'C_'],
    ['\\\\server\\share', '__server_share'],
    ['a\0b', 'a_b'],
    ['a\nb\u001b[2J\u007f\u0085', 'a_b_[2J__'],
    ['<>:"|?*', '_______'],
    ['name.', 'name_'],
    ['name ', 'name_'],
    ['name. . ', 'name____'],
    ['CON', '_CON'],
    ['con.txt', '_con.txt'],
    ['nul .txt', '_nul .txt'],
    ['Aux.tar.gz', '_Aux.tar.gz'],
    ['COM1', '_COM1'],
    ['lpt9.x', '_lpt9.x'],
    ['COM¹', '_COM¹'],
    ['CONIN$', '_CONIN$'],
    ['\u202etxt.exe', '_txt.exe'],
    ['a\u2066b\u2069\u200f\u200e\u061c', 'a_b____'],
    ['\ufeffa\u200b\u2028', '_a__'],
    ['\ud800', '_'],
    ['a\ufdd0\uffff', 'a__'],
  ]
  for (const [raw, safe] of cases) assert.deepEqual(safePath([raw]), [safe], JSON.stringify(raw))
})

test('names that have nothing in them are refused', () => {
  for (const bad of [[], [''], ['a', ''], ['', 'a']]) {
    assert.throws(
      () => safePath(bad),
      error => error instanceof ShoalError && error.code === 'invalid-path',
    )
  }
})

test('long names are cut at a character, and keep a short extension', () => {
  const [cut] = safePath([`${'名'.repeat(200)}.tar`])
  assert.ok(Buffer.byteLength(cut!) <= 240 && Buffer.byteLength(cut!) > 230)
  assert.ok(cut!.endsWith('名.tar'))
  const [extension] = safePath([`a.${'x'.repeat(1000)}`])
  assert.ok(Buffer.byteLength(extension!) <= 240)
  const [emoji] = safePath(['👍'.repeat(100)])
  assert.equal(emoji, '👍'.repeat(60))
  assert.ok(Buffer.byteLength(safePath([`${'a'.repeat(239)}. .${'b'.repeat(300)}`])[0]!) <= 241)
})

test('paths that are too deep or too long are refused', () => {
  for (const bad of [Array(33).fill('a'), Array(10).fill('b'.repeat(200))]) {
    assert.throws(
      () => new SafePaths().add(bad),
      error => error instanceof ShoalError && error.code === 'invalid-path',
    )
  }
})

test('names that a disk may take for the same get different ones', () => {
  assert.deepEqual(name(['a.txt'], ['A.TXT'], ['a.txt']), ['a.txt', 'A (2).TXT', 'a (3).txt'])
  assert.deepEqual(name(['\u00e9'], ['e\u0301']), ['\u00e9', '\u00e9 (2)'])
  assert.deepEqual(name(['a?'], ['a*'], ['a_']), ['a_', 'a_ (2)', 'a_ (3)'])
  assert.deepEqual(name(['a'], ['a (2)'], ['a']), ['a', 'a (2)', 'a (3)'])
  assert.deepEqual(name(['straße'], ['STRASSE']), ['straße', 'STRASSE (2)'])
  assert.deepEqual(name(['ab'], ['a\u00adb']), ['ab', 'a\u00adb (2)'])
  assert.deepEqual(name(['.bashrc'], ['.BASHRC']), ['.bashrc', '.BASHRC (2)'])
})

test('a folder is the same folder for all its files, and differs from others and from files', () => {
  assert.deepEqual(name(['d', 'a'], ['D', 'a'], ['d', 'b'], ['D', 'b']), ['d/a', 'D (2)/a', 'd/b', 'D (2)/b'])
  assert.deepEqual(name(['x', 'a'], ['x']), ['x/a', 'x (2)'])
  assert.deepEqual(name(['x'], ['x', 'a'], ['x', 'b']), ['x', 'x (2)/a', 'x (2)/b'])
  assert.deepEqual(name(['v1.2', 'a'], ['V1.2', 'a']), ['v1.2/a', 'V1.2 (2)/a'])
  assert.deepEqual(name(['..', 'a'], ['.. ', 'a']), ['__/a', '___/a'])
  assert.deepEqual(name(['a/b', 'c'], ['a', 'b', 'c']), ['a_b/c', 'a/b/c'])
})

test('names are normalised, and said to be changed', () => {
  assert.deepEqual(new SafePaths().add(['e\u0301', 'x']), { path: '\u00e9/x', isChanged: true })
})

test('100,000 colliding names take no more than linear time', () => {
  const safe = new SafePaths()
  const seen = new Set<string>()
  const tookMs = processorMs(() => {
    for (let i = 0; i < 50_000; i++) {
      seen.add(safe.add(['a']).path)
      seen.add(safe.add([`a (${i + 2})`]).path)
    }
  })
  assert.equal(seen.size, 100_000)
  assert.ok(tookMs < 5_000, `${tookMs} ms`)
})
