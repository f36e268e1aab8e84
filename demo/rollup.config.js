/**
 * Makes dist/demo: the share page, its offline shell, the page of rooms and the simulator's page as static files. `share.js` imports
 * `./shoal.min.js`, the very bundle that a site would use, which must have been made before (see `npm run build`); `sim.js` holds the
 * simulator of `test/sim` with the swarm that ships. And dist/cdn: a site whose assets its visitors serve, before `shoal build`, which `shoal serve` runs.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import commonjs from '@rollup/plugin-commonjs'
import nodeResolve from '@rollup/plugin-node-resolve'
import esbuild from 'rollup-plugin-esbuild'
import { browserModulesForRollup } from '../build/browser-modules.js'

const LIBRARY = './shoal.min.js'
const CDN_FILES = ['index.html', 'clear.html', 'cdn.css']
const FILES = [
  'index.html',
  'privacy.html',
  'style.css',
  'share.css',
  'room.html',
  'room.css',
  'sim.html',
  'sim.css',
  'manifest.webmanifest',
  'icon.svg',
].concat(['192', '512', 'maskable'].map(kind => `icon-${kind}.png`))

export default [
  {
    input: 'demo/share.ts',
    // What few need is fetched when somebody does, under a name that the shell worker knows for the page's own.
    output: {
      dir: 'dist/demo',
      format: 'es',
      sourcemap: true,
      chunkFileNames: '[name].js',
      // What the page has at once is one file, parts that are fetched later use too.
      manualChunks: (id, { getModuleInfo }) => (atOnce(getModuleInfo).has(id) ? 'share' : undefined),
    },
    plugins: [
      {
        name: 'demo-files',
        resolveId: resolveLibrary,
        generateBundle() {
          for (const name of FILES) {
            this.emitFile({ type: 'asset', fileName: name, source: readFileSync(new URL(name, import.meta.url)) })
          }
          const library = readFileSync(new URL('../dist/shoal.min.js', import.meta.url))
          this.emitFile({ type: 'asset', fileName: 'shoal.min.js', source: library })
          // In a folder of its own, which is its scope: it never answers for the page.
          const worker = readFileSync(new URL('../dist/shoal-urls-sw.js', import.meta.url))
          this.emitFile({ type: 'asset', fileName: 'files/worker.js', source: worker })
        },
      },
      nodeResolve({ browser: true }),
      esbuild({ target: 'es2022', minify: true }),
    ],
  },
  {
    // It meets by the library's own tracker client and channels; the library itself is fetched by those who have files.
    input: { room: 'demo/room/page.ts' },
    output: {
      dir: 'dist/demo',
      format: 'es',
      sourcemap: true,
      entryFileNames: '[name].js',
      chunkFileNames: 'room-[name].js',
    },
    plugins: [
      { name: 'library', resolveId: resolveLibrary },
      browserModulesForRollup(),
      nodeResolve({ browser: true }),
      commonjs(),
      esbuild({ target: 'es2022', minify: true }),
    ],
  },
  {
    input: 'demo/shell-worker.ts',
    output: { file: 'dist/demo/shell-worker.js', format: 'es' },
    plugins: [esbuild({ target: 'es2022', minify: true })],
  },
  {
    input: 'demo/privacy.ts',
    output: { file: 'dist/demo/privacy.js', format: 'es' },
    plugins: [esbuild({ target: 'es2022', minify: true })],
  },
  {
    input: 'demo/sim/page.ts',
    output: { file: 'dist/demo/sim.js', format: 'es', sourcemap: true },
    plugins: [nodeResolve({ browser: true }), esbuild({ target: 'es2022', minify: true })],
  },
  {
    input: { page: 'demo/cdn/page.ts', clear: 'demo/cdn/clear.ts' },
    output: {
      dir: 'dist/cdn',
      format: 'es',
      hashCharacters: 'hex',
      entryFileNames: '[name].js',
      chunkFileNames: 'assets/[name]-[hash:12].js',
      assetFileNames: 'assets/[name]-[hash:12][extname]',
    },
    plugins: [
      listedFiles(),
      nodeResolve({ browser: true }),
      // What Draco asks for in Node.
      commonjs({ ignore: ['fs', 'path'] }),
      esbuild({ target: 'es2022', minify: true, legalComments: 'inline' }),
    ],
  },
]

/** The library stays an import, beside the page. */
function resolveLibrary(id) {
  return id.endsWith('/shoal.min.js') ? { id: LIBRARY, external: 'relative' } : null
}

/** Modules that the share page's script imports, and what these import. */
function atOnce(getModuleInfo) {
  const found = new Set()
  const pending = [fileURLToPath(new URL('share.ts', import.meta.url))]
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (found.has(id)) continue
    found.add(id)
    pending.push(...(getModuleInfo(id)?.importedIds ?? []))
  }
  return found
}

/**
 * `import url from 'listed:PLACE'` is the address of a file that is published under a name that bears its hash: a script of its own where it is
 * one of ours, else as it is.
 */
function listedFiles() {
  const PREFIX = '\0listed:'
  const require = createRequire(import.meta.url)
  const placeOf = path =>
    path.startsWith('.') ? fileURLToPath(new URL(path, new URL('cdn/', import.meta.url))) : require.resolve(path)
  return {
    name: 'listed-files',
    resolveId: id => (id.startsWith('listed:') ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(PREFIX)) return null
      const place = placeOf(id.slice(PREFIX.length))
      const file = place.endsWith('.ts')
        ? { type: 'chunk', id: place }
        : { type: 'asset', name: basename(place), source: readFileSync(place) }
      return `export default import.meta.ROLLUP_FILE_URL_${this.emitFile(file)}`
    },
    generateBundle() {
      for (const fileName of CDN_FILES) {
        const source = readFileSync(new URL(`cdn/${fileName}`, import.meta.url))
        this.emitFile({ type: 'asset', fileName, source })
      }
    },
  }
}
