/**
 * Makes dist/demo: the share page and the simulator's page as static files. `share.js` imports `./shoal.min.js`, the very
 * bundle that a site would use, which must have been made before (see `npm run build`); `sim.js` holds the simulator of
 * `test/sim` with the swarm that ships.
 */
import { readFileSync } from 'node:fs'
import nodeResolve from '@rollup/plugin-node-resolve'
import esbuild from 'rollup-plugin-esbuild'

const LIBRARY = './shoal.min.js'
const FILES = ['index.html', 'style.css', 'icon.svg', 'sim.html', 'sim.css']

export default [
  {
    input: 'demo/share.ts',
    output: { file: 'dist/demo/share.js', format: 'es', sourcemap: true },
    plugins: [
      {
        name: 'demo-files',
        resolveId(id) {
          // Stays an import, beside the page.
          return id.endsWith('/shoal.min.js') ? { id: LIBRARY, external: 'relative' } : null
        },
        generateBundle() {
          for (const name of FILES) {
            this.emitFile({ type: 'asset', fileName: name, source: readFileSync(new URL(name, import.meta.url)) })
          }
          const library = readFileSync(new URL('../dist/shoal.min.js', import.meta.url))
          this.emitFile({ type: 'asset', fileName: 'shoal.min.js', source: library })
        },
      },
      esbuild({ target: 'es2022' }),
    ],
  },
  {
    input: 'demo/sim/page.ts',
    output: { file: 'dist/demo/sim.js', format: 'es', sourcemap: true },
    plugins: [nodeResolve({ browser: true }), esbuild({ target: 'es2022', minify: true })],
  },
]
