/**
 * Modules that the browser bundle replaces by something smaller. Used by rollup for `dist/shoal.min.js` and by the
 * browser tests, so that both run the same code. Each substitute says why it may stand in.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { SIMPLE_PEER_FILE, trimSimplePeer } from './simple-peer.js'

const substitute = name => fileURLToPath(new URL(`substitutes/${name}.js`, import.meta.url))

/** Paths of substitutes by what they replace: a package, or a file of one as the others import it. */
const SUBSTITUTES = {
  'webrtc-polyfill': substitute('webrtc-polyfill'),
  './node-peer.ts': substitute('node-peer'),
  debug: substitute('debug'),
  streamx: substitute('streamx'),
  'err-code': substitute('err-code'),
  'uint8-util': substitute('uint8-util'),
  '@noble/hashes/sha2.js': substitute('noble-hashes'),
  '@noble/hashes/legacy.js': substitute('noble-hashes'),
}

/** Dependencies of which only parts are needed, and what cuts them down. */
const TRIMMED = [{ filter: SIMPLE_PEER_FILE, trim: trimSimplePeer }]

/** Path of the substitute for what is imported under `name` in the file `importer`, or null. */
function substituteFor(name, importer = '') {
  if (Object.hasOwn(SUBSTITUTES, name)) return SUBSTITUTES[name]
  const packageName = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(importer)?.[1]
  return SUBSTITUTES[`${packageName?.replace('\\', '/')} ${name}`] ?? null
}

/** A rollup plugin that puts the substitutes in place. */
export function browserModulesForRollup() {
  return {
    name: 'browser-modules',
    resolveId: substituteFor,
    transform(code, file) {
      const { trim } = TRIMMED.find(({ filter }) => filter.test(file)) ?? {}
      return trim ? { code: trim(code), map: { mappings: '' } } : null
    },
  }
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
      for (const { filter, trim } of TRIMMED) {
        build.onLoad({ filter }, async ({ path }) => ({ contents: trim(await readFile(path, 'utf8')) }))
      }
    },
  }
}

/** A rollup plugin for the service worker, which is to be 4 KB and words no errors. */
export function workerModules() {
  return {
    name: 'worker-modules',
    resolveId: name => (name.endsWith('/refusals.ts') ? substitute('refusals') : null),
  }
}
