/**
 * Makes dist/demo: the share page as static files. `share.js` imports `./shoal.min.js`, the very bundle that a
 * site would use, which must have been made before (see `npm run build`).
 */
import { readFileSync } from 'node:fs'
import esbuild from 'rollup-plugin-esbuild'

const LIBRARY = './shoal.min.js'

export default {
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
        for (const name of ['index.html', 'style.css', 'icon.svg']) {
          this.emitFile({ type: 'asset', fileName: name, source: readFileSync(new URL(name, import.meta.url)) })
        }
        const library = readFileSync(new URL('../dist/shoal.min.js', import.meta.url))
        this.emitFile({ type: 'asset', fileName: 'shoal.min.js', source: library })
      },
    },
    esbuild({ target: 'es2022' }),
  ],
}
