/** Which names bear a hash: asked of real bundles, since the bundler's word is what counts. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type OutputOptions, rollup } from 'rollup'
import { isHashed } from '../../src/node/site/fingerprints.ts'

/** Of every file of a bundle whether it is named by its content. */
async function hashed(options: OutputOptions): Promise<Record<string, boolean>> {
  let found: Record<string, boolean> = {}
  const build = await rollup({
    input: { app: 'app.js' },
    plugins: [
      {
        name: 'files',
        resolveId: id => id,
        load: id => (id === 'app.js' ? "import('later-0a1b2c3d.js').then(console.log)" : 'export default 1'),
        buildStart() {
          this.emitFile({ type: 'asset', name: 'photo (1).jpg', source: 'a photo' })
          this.emitFile({ type: 'asset', name: 'logo-B1c2D3e4.png', source: 'a logo' })
          this.emitFile({ type: 'asset', fileName: 'assets/icon-a1b2C3d4.png', source: 'an icon' })
          this.emitFile({ type: 'asset', name: 'logo.svg', fileName: 'assets/logo-original.svg', source: 'another' })
        },
        generateBundle({ assetFileNames }, bundle) {
          found = Object.fromEntries(Object.values(bundle).map(file => [file.fileName, isHashed(file, assetFileNames)]))
        },
      },
    ],
  })
  await build.generate(options)
  await build.close()
  return found
}

const names = (found: Record<string, boolean>, of: boolean): string[] =>
  Object.keys(found)
    .filter(name => found[name] === of)
    .sort()

describe('a name that a bundler gave', () => {
  it('bears a hash where its pattern has one', async () => {
    const found = await hashed({ entryFileNames: '[name]-[hash].js' })
    assert.match(
      names(found, true).join(' '),
      /^app-\S{8}\.js assets\/logo-B1c2D3e4-\S{8}\.png assets\/photo \(1\)-\S{8}\.jpg later-0a1b2c3d-\S{8}\.js$/,
    )
    assert.deepEqual(names(found, false), ['assets/icon-a1b2C3d4.png', 'assets/logo-original.svg'])
  })

  it('bears none where its pattern has none, whatever it looks like', async () => {
    const found = await hashed({ chunkFileNames: '[name].js', assetFileNames: 'assets/[name].[ext]' })
    assert.deepEqual(names(found, true), [])
    assert.ok('assets/logo-B1c2D3e4.png' in found && 'later-0a1b2c3d.js' in found)
  })

  it('is told of a function, and of hashes of other lengths', async () => {
    const found = await hashed({
      hashCharacters: 'hex',
      assetFileNames: ({ names: [name] }) =>
        name?.startsWith('photo') ? '[hash:16]/[name][extname]' : 'x/[name][extname]',
    })
    assert.match(names(found, true).join(' '), /^[\da-f]{16}\/photo \(1\)\.jpg later-0a1b2c3d-[\da-f]{8}\.js$/)
    assert.deepEqual(names(found, false).slice(-1), ['x/logo-B1c2D3e4.png'])
  })
})
