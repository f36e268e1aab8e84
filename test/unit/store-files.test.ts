/** What is particular to stores of files: paths, links, what lies in the way, kills, and full disks. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { lstat, mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import { createLayout, type Layout } from '../../src/metainfo/layout.ts'
import { FileHandles } from '../../src/node/file-handles.ts'
import { fileStore } from '../../src/node/file-store.ts'
import { writeFailed } from '../../src/node/write-failed.ts'
import { randomBytes, refsOf } from '../contract/store-fixtures.ts'

async function scratch(context: TestContext): Promise<{ folder: string; directory: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-files-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  return { folder, directory: join(folder, 'downloads') }
}

function layoutOf(...files: { path: string; length: number }[]): Layout {
  return createLayout({ version: 'v2', pieceLength: 16 * 1024, files })
}

function openIn(directory: string, layout: Layout, context: TestContext) {
  const store = fileStore({ directory })
  context.after(() => store.close())
  return store.open({ infoHash: 'a'.repeat(40), layout })
}

function entriesOf(layout: Layout) {
  return refsOf(layout, file => `${file}`).map(ref => ({ ref, bytes: randomBytes(ref.length, ref.piece + 1) }))
}

describe('file store', () => {
  it('writes the files themselves, empty ones too', async context => {
    const { directory } = await scratch(context)
    const layout = layoutOf({ path: 'album/a b.txt', length: 20_000 }, { path: 'album/x/empty', length: 0 })
    const pieces = await openIn(directory, layout, context)
    const entries = entriesOf(layout)
    await pieces.write(entries.toReversed())
    const expected = Buffer.concat(entries.map(({ bytes }) => bytes))
    assert.deepEqual(await readFile(join(directory, 'album/a b.txt')), expected)
    assert.equal((await stat(join(directory, 'album/x/empty'))).size, 0)
    assert.equal(pieces.recheck, true)
  })

  for (const path of [
    '../out',
    '/etc/passwd',
    'a/../../out',
    'a//b',
    'a/./b',
    'a/b\0c',
    'a\\..\\b',
    '',
    '.shoal/x',
    '.SHOAL/x',
  ]) {
    it(`refuses the path ${JSON.stringify(path)}`, async context => {
      const { directory } = await scratch(context)
      await assert.rejects(openIn(directory, layoutOf({ path, length: 5 }), context), { code: 'invalid-path' })
      assert.equal(existsSync(directory), false)
    })
  }

  it('follows no link out of its folder, to files or folders, in reading or writing', async context => {
    const { folder, directory } = await scratch(context)
    const outside = join(folder, 'outside')
    await mkdir(join(directory, 'album'), { recursive: true })
    await mkdir(outside)
    await writeFile(join(outside, 'secret'), 'x'.repeat(100))
    await symlink(outside, join(directory, 'album/folder'))
    await symlink(join(outside, 'secret'), join(directory, 'album/file'))
    await symlink(join(outside, 'made'), join(directory, 'album/broken'))
    const layout = layoutOf(
      { path: 'album/folder/secret', length: 100 },
      { path: 'album/folder/new/deep', length: 100 },
      { path: 'album/file', length: 100 },
      { path: 'album/broken', length: 100 },
      { path: 'album/fine', length: 100 },
    )
    const pieces = await openIn(directory, layout, context)
    const entries = entriesOf(layout)
    assert.deepEqual(await pieces.has(entries.map(({ ref }) => ref)), [false, false, false, false, false])
    for (const { ref } of entries) assert.equal(await pieces.read(ref), undefined)
    for (const entry of entries.slice(0, 4)) await assert.rejects(pieces.write([entry]), { code: 'store-failed' })
    await pieces.write([entries[4]!])
    assert.deepEqual(await readdir(outside), ['secret'])
    assert.equal(await readFile(join(outside, 'secret'), 'utf8'), 'x'.repeat(100))
  })

  it('follows links that stay within its folder', async context => {
    const { directory } = await scratch(context)
    await mkdir(join(directory, 'real'), { recursive: true })
    await symlink('real', join(directory, 'album'))
    const layout = layoutOf({ path: 'album/file', length: 100 })
    const pieces = await openIn(directory, layout, context)
    await pieces.write(entriesOf(layout))
    assert.equal((await lstat(join(directory, 'real/file'))).size, 100)
  })

  it('cuts what is longer than the torrent says', async context => {
    const { directory } = await scratch(context)
    await mkdir(directory)
    await writeFile(join(directory, 'file'), new Uint8Array(50_000))
    await writeFile(join(directory, 'empty'), 'not empty')
    const layout = layoutOf({ path: 'file', length: 40_000 }, { path: 'empty', length: 0 })
    const pieces = await openIn(directory, layout, context)
    const entries = entriesOf(layout)
    assert.deepEqual(await pieces.has(entries.map(({ ref }) => ref)), [true, true, false])
    await pieces.write(entries)
    assert.equal((await stat(join(directory, 'file'))).size, 40_000)
    assert.equal((await stat(join(directory, 'empty'))).size, 0)
    assert.deepEqual(await pieces.has(entries.map(({ ref }) => ref)), [true, true, true])
  })

  it('says why a file cannot be written', async context => {
    const { directory } = await scratch(context)
    await mkdir(join(directory, 'file'), { recursive: true })
    await writeFile(join(directory, 'folder'), 'a file')
    const layout = layoutOf({ path: 'file', length: 10 }, { path: 'folder/b', length: 10 })
    const pieces = await openIn(directory, layout, context)
    for (const entry of entriesOf(layout)) {
      await assert.rejects(pieces.write([entry]), { code: 'store-failed', message: /folder|move it away/i })
    }
    await assert.rejects(openIn(join(directory, 'folder'), layoutOf(), context), { code: 'store-failed' })
  })

  it('takes a full disk for quota', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    const error = await writeFailed(join(tmpdir(), 'file'), full)
    assert.equal(error.code, 'quota')
    assert.ok(Number(error.details.freeBytes) > 0)
    assert.equal(error.cause, full)
  })

  it('reports a real full disk as quota', { skip: !existsSync('/dev/full') }, async context => {
    const { directory } = await scratch(context)
    const handles = new FileHandles({ open: () => open('/dev/full', 'r+') })
    context.after(() => handles.close())
    const failure = await handles.use('file', 'write', handle => handle.write(new Uint8Array(10))).catch(error => error)
    assert.equal((await writeFailed(join(directory, 'file'), failure)).code, 'quota')
  })

  it('writes a file anew that was deleted under it', async context => {
    const { directory } = await scratch(context)
    const layout = layoutOf({ path: 'file', length: 30_000 })
    const pieces = await openIn(directory, layout, context)
    const entries = entriesOf(layout)
    await pieces.write([entries[0]!])
    await unlink(join(directory, 'file'))
    assert.equal(await pieces.read(entries[0]!.ref), undefined)
    await pieces.write(entries)
    assert.deepEqual(await readFile(join(directory, 'file')), Buffer.concat(entries.map(({ bytes }) => bytes)))
  })

  it('gives one file to one torrent', async context => {
    const { directory } = await scratch(context)
    const store = fileStore({ directory })
    context.after(() => store.close())
    const first = await store.open({ infoHash: 'a'.repeat(40), layout: layoutOf({ path: 'Album/x', length: 5 }) })
    const again = () => store.open({ infoHash: 'b'.repeat(40), layout: layoutOf({ path: 'album/X', length: 5 }) })
    await assert.rejects(again(), { code: 'store-failed' })
    await first.close()
    await (await again()).close()
  })

  it('remembers in a folder of its own, and only by infohash', async context => {
    const { folder, directory } = await scratch(context)
    const state = join(folder, 'state')
    const store = fileStore({ directory, stateDirectory: state })
    const record = { infoHash: 'c'.repeat(40), metainfo: randomBytes(50, 1), addedAt: 1_700_000_000_000 }
    await store.remember(record)
    await writeFile(join(state, 'notes.torrent'), 'not ours')
    await writeFile(join(state, `${'d'.repeat(40)}.torrent`), '')
    assert.deepEqual((await readdir(state)).includes(`${'c'.repeat(40)}.torrent`), true)
    assert.deepEqual(await store.recallAll(), [record])
    await assert.rejects(store.remember({ ...record, infoHash: '../../x' }), { code: 'invalid-argument' })
    await store.close()
  })

  it('is whole after a kill at any moment', { timeout: 60_000 }, async context => {
    const { directory } = await scratch(context)
    const modules = ['src/node/file-store.ts', 'src/metainfo/layout.ts', 'test/contract/store-fixtures.ts']
    const urls = modules.map(path => JSON.stringify(pathToFileURL(path).href))
    // Writes the same record and pieces over and over until it is killed.
    const program = `
      import { fileStore } from ${urls[0]}; import { createLayout } from ${urls[1]}; import { randomBytes, refsOf } from ${urls[2]}
      const store = fileStore({ directory: ${JSON.stringify(directory)} })
      const layout = createLayout({ version: 'v2', pieceLength: 16384, files: [{ path: 'f', length: 100000 }] })
      const pieces = await store.open({ infoHash: 'a'.repeat(40), layout })
      console.log('ready')
      for (let i = 0; ; i++) {
        await store.remember({ infoHash: 'a'.repeat(40), metainfo: new Uint8Array(100000).fill(i), addedAt: 1 })
        for (const ref of refsOf(layout, () => 'f')) await pieces.write([{ ref, bytes: randomBytes(ref.length, ref.piece + 1) }])
      }`
    for (let kill = 0; kill < 5; kill++) {
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      // Some turns of the loop later, at a moment that differs from kill to kill.
      for (let turns = kill * 40; turns > 0; turns--) await stat(directory)
      child.kill('SIGKILL')
      await once(child, 'exit')
      const store = fileStore({ directory })
      for (const { metainfo } of await store.recallAll()) {
        assert.equal(metainfo.length, 100_000)
        assert.ok(
          metainfo.every(byte => byte === metainfo[0]),
          'one record, not parts of two',
        )
      }
      const layout = layoutOf({ path: 'f', length: 100_000 })
      const pieces = await store.open({ infoHash: 'a'.repeat(40), layout })
      await pieces.write(entriesOf(layout))
      await store.remember({ infoHash: 'b'.repeat(40), metainfo: new Uint8Array(100_000), addedAt: 1 })
      await store.close()
      const left = await readdir(join(directory, '.shoal'))
      assert.ok(
        left.every(name => name.endsWith('.torrent')),
        `nothing half-written is left: ${left}`,
      )
    }
  })
})

describe('file handles', () => {
  it('keeps no more files open than it may, and waits for one', async context => {
    const { folder } = await scratch(context)
    const handles = new FileHandles({ open: path => open(join(folder, path), 'w+'), handlesMax: 3 })
    let most = 0
    await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        handles.use(`file ${i % 13}`, 'write', async handle => {
          most = Math.max(most, handles.size)
          await handle.write('x')
        }),
      ),
    )
    assert.ok(most <= 3, `${most} were open`)
    await handles.close()
    assert.equal(handles.size, 0)
  })

  it('forgets a file that did not open', async context => {
    const { folder } = await scratch(context)
    const handles = new FileHandles({ open: path => open(path, 'r') })
    const path = join(folder, 'late')
    await assert.rejects(
      handles.use(path, 'read', async () => {}),
      { code: 'ENOENT' },
    )
    await writeFile(path, 'now')
    assert.equal(await handles.use(path, 'read', async handle => (await handle.stat()).size), 3)
    await handles.close()
  })
})
