/**
 * Modules that the browser bundle replaces by something smaller. Used by rollup for `dist/shoal.min.js` and by the
 * browser tests, so that both run the same code. Each substitute says why it may stand in.
 */
import { fileURLToPath } from 'node:url'

const substitute = name => fileURLToPath(new URL(`substitutes/${name}.js`, import.meta.url))

/** Paths of substitutes by what they replace: a package, or a file of one. */
const SUBSTITUTES = {
  'webrtc-polyfill': substitute('webrtc-polyfill'),
  debug: substitute('debug'),
  streamx: substitute('streamx'),
  bencode: substitute('bencode'),
  bitfield: substitute('bitfield'),
  throughput: substitute('throughput'),
  'bittorrent-protocol/mse.js': substitute('mse'),
}

/** Path of the substitute for what is imported under `name` in the file `importer`, or null. */
function substituteFor(name, importer = '') {
  if (Object.hasOwn(SUBSTITUTES, name)) return SUBSTITUTES[name]
  if (!name.startsWith('./')) return null
  const packageName = importer.replaceAll('\\', '/').split('/node_modules/').at(-1)?.split('/')[0]
  return SUBSTITUTES[`${packageName}/${name.slice(2)}`] ?? null
}

/** A rollup plugin that puts the substitutes in place. */
export function browserModulesForRollup() {
  return { name: 'browser-modules', resolveId: substituteFor }
}

/** An esbuild plugin that puts the substitutes in place. */
export function browserModulesForEsbuild() {
  return {
    name: 'browser-modules',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
        const found = substituteFor(path, importer)
        return found === null ? null : { path: found, sideEffects: false }
      })
    },
  }
}
