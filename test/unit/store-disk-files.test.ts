import assert from 'node:assert/strict'
import { appendFile, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { filesFromDisk } from '../../src/node/disk-files.ts'

async function scratch(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-files-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

describe('files from disk', () => {
  it('lists files and folders in the order of their names, dotfiles included', async context => {
    const folder = await scratch(context)
    await mkdir(join(folder, 'site/b/c'), { recursive: true })
    for (const name of [
      'site/z',
      'site/B',
      'site/b/c/1',
      'site/b/10',
      'site/b/9',
      'site/.env',
      'alone',
      'site/empty',
    ]) {
      await writeFile(join(folder, name), name.endsWith('empty') ? '' : name)
    }
    const files = await filesFromDisk([join(folder, 'site'), join(folder, 'alone')])
    const paths = ['site/.env', 'site/B', 'site/b/10', 'site/b/9', 'site/b/c/1', 'site/empty', 'site/z', 'alone']
    assert.deepEqual(
      files.map(({ path }) => path),
      paths,
    )
    assert.deepEqual(
      files.map(({ data }) => data.size),
      paths.map(path => (path.endsWith('empty') ? 0 : path.length)),
    )
  })

  it('follows links within a folder, not out of it, and never in circles', async context => {
    const folder = await scratch(context)
    await mkdir(join(folder, 'site/deep'), { recursive: true })
    await writeFile(join(folder, 'secret'), 'secret')
    await writeFile(join(folder, 'site/deep/file'), 'file')
    await symlink('deep/file', join(folder, 'site/inside'))
    await symlink('../../secret', join(folder, 'site/deep/outside'))
    await symlink('..', join(folder, 'site/deep/up'))
    await symlink('nowhere', join(folder, 'site/broken'))
    await symlink(join(folder, 'site'), join(folder, 'named'))
    const skipped: string[] = []
    const files = await filesFromDisk([join(folder, 'named')], { onSkip: path => skipped.push(path) })
    assert.deepEqual(
      files.map(({ path }) => path),
      ['named/deep/file', 'named/inside'],
    )
    assert.deepEqual(
      skipped.map(path => path.slice(folder.length)),
      ['/site/broken', '/site/deep/outside', '/site/deep/up'],
    )
  })

  it('says what is wrong with a path', async context => {
    const folder = await scratch(context)
    await mkdir(join(folder, 'a'))
    await writeFile(join(folder, 'a/same'), '1')
    await writeFile(join(folder, 'same'), '2')
    await assert.rejects(filesFromDisk([]), { code: 'invalid-argument' })
    await assert.rejects(filesFromDisk([join(folder, 'absent')]), {
      code: 'invalid-argument',
      message: /does not exist/,
    })
    await assert.rejects(filesFromDisk([join(folder, 'same'), join(folder, 'a/same')]), { code: 'invalid-argument' })
    await assert.rejects(filesFromDisk(['/']), { code: 'invalid-argument' })
  })

  it('reads slices, whole files and streams', async context => {
    const folder = await scratch(context)
    const bytes = Uint8Array.from({ length: 700_000 }, (_, i) => i * 7)
    await writeFile(join(folder, 'big'), bytes)
    const { data } = (await filesFromDisk([join(folder, 'big')]))[0]!
    assert.deepEqual(new Uint8Array(await data.arrayBuffer()), bytes)
    const slice = data.slice(100, 500_000).slice(10, 1_000_000)
    assert.equal(slice.size, 499_890)
    assert.deepEqual(new Uint8Array(await slice.arrayBuffer()), bytes.subarray(110, 500_000))
    assert.equal(data.slice(800_000, 900_000).size, 0)
    const parts: Uint8Array[] = []
    for await (const part of slice.stream()) parts.push(part)
    assert.ok(parts.length > 1)
    assert.deepEqual(new Uint8Array(Buffer.concat(parts)), bytes.subarray(110, 500_000))
  })

  it('streams an empty file to its end', async context => {
    const folder = await scratch(context)
    await writeFile(join(folder, 'empty'), '')
    const [file] = await filesFromDisk([join(folder, 'empty')])
    for await (const part of file!.data.stream()) assert.fail(`no bytes, not ${part.length}`)
  })

  it('reads many more files than it keeps open', async context => {
    const folder = await scratch(context)
    await mkdir(join(folder, 'many'))
    for (let i = 0; i < 200; i++) await writeFile(join(folder, `many/${i}`), `file ${i}`)
    const files = await filesFromDisk([join(folder, 'many')])
    const texts = await Promise.all(files.map(async ({ data }) => Buffer.from(await data.arrayBuffer()).toString()))
    assert.deepEqual(
      texts,
      files.map(({ path }) => `file ${path.slice(5)}`),
    )
  })

  const changes: Record<string, (path: string) => Promise<void>> = {
    grew: path => appendFile(path, 'more'),
    'was written to': path => writeFile(path, 'other'),
    'was touched': path => utimes(path, 1, 1),
    'was replaced': async path => {
      await writeFile(`${path}.new`, 'other')
      await rename(`${path}.new`, path)
    },
    'is gone': path => rm(path),
  }
  for (const [change, apply] of Object.entries(changes)) {
    it(`sees that a file ${change}`, async context => {
      const folder = await scratch(context)
      const path = join(folder, 'file')
      await writeFile(path, 'first')
      await utimes(path, 1_000, 1_000)
      const [file] = await filesFromDisk([path])
      assert.equal(Buffer.from(await file!.data.arrayBuffer()).toString(), 'first')
      await apply(path)
      await assert.rejects(file!.data.slice(0, 2).arrayBuffer(), { code: 'file-changed' })
      const reader = file!.data.stream().getReader()
      await assert.rejects(reader.read(), { code: 'file-changed' })
    })
  }
})
