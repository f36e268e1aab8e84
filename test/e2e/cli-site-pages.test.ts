/** `shoal build` on pages that have the tag: they are never listed, and name the version that was signed. */
import assert from 'node:assert/strict'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { done, manifestIn, type Scene, scene, URLS } from './support/site-scene.ts'

const LATIN1 = Buffer.from('<p>caf\xe9</p>', 'latin1')
const page = (version: string | number): Buffer =>
  Buffer.concat([
    Buffer.from(
      `<!doctype html><script async src="/app/shoal.js" data-key="theirs" data-version="${version}"></script>`,
    ),
    LATIN1,
  ])
const FILES = {
  'index.html': page('?'),
  'about/index.html': page('?'),
  'plain.html': Buffer.from('<script src="/app/main.js" data-version="?"></script>'),
  'photo.jpg': Buffer.alloc(40_000, 'photo'),
}

const pagesIn = async ({ site }: Scene, folder = site): Promise<Buffer[]> =>
  Promise.all(
    Object.keys(FILES)
      .slice(0, 3)
      .map(path => readFile(join(folder, path))),
  )

describe('a page with the tag', () => {
  it('is given the version in every build, and is left as it is otherwise', async t => {
    const stage = await scene(t, FILES)
    for (const build of ['first', 'second']) {
      const { stderr } = await done(stage.run('build', 'site', ...URLS))
      const { version } = await manifestIn(stage)
      assert.deepEqual(await pagesIn(stage), [page(version), page(version), FILES['plain.html']], build)
      assert.match(stderr, new RegExp(`2 pages with the tag: data-version is ${version}`))
    }
  })

  it('is given the version of a rollback, and none of a renewal', async t => {
    const stage = await scene(t, FILES)
    await done(stage.run('build', 'site', ...URLS))
    const { version } = await manifestIn(stage)
    await done(stage.run('sign', 'site', '--renew'))
    assert.deepEqual((await pagesIn(stage))[0], page(version))
    const old = join(stage.folder, 'old')
    await cp(stage.site, old, { recursive: true })
    await done(stage.run('build', 'site', ...URLS))
    await done(stage.run('build', 'old', '--rollback', ...URLS))
    const back = await manifestIn({ ...stage, site: old })
    assert.ok(back.version > version)
    assert.deepEqual((await pagesIn(stage, old))[1], page(back.version))
  })

  it('names the version that is signed later', async t => {
    const stage = await scene(t, FILES)
    await done(stage.run('build', 'site', ...URLS, '--key', 'shoal.key.pub'))
    const [index] = await pagesIn(stage)
    await done(stage.run('sign', 'site'))
    assert.deepEqual(index, page((await manifestIn(stage)).version))
  })

  it('is told apart from its compressed form, which is of the page before', async t => {
    const stage = await scene(t, FILES)
    await writeFile(join(stage.site, 'index.html.br'), 'compressed')
    const { stderr } = await done(stage.run('build', 'site', ...URLS))
    assert.match(stderr, /shoal: index\.html\.br is of the page before this version was set in it/)
  })
})
