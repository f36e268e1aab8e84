/**
 * Modules that the browser bundle replaces by something smaller, by the name they are imported under.
 * Used by rollup for `dist/shoal.min.js` and by the browser tests, so that both run the same code.
 */
export const browserModules = {
  // Browsers have WebRTC; the polyfill is for Node.
  'webrtc-polyfill': `
    export const RTCPeerConnection = globalThis.RTCPeerConnection
    export const RTCSessionDescription = globalThis.RTCSessionDescription
    export const RTCIceCandidate = globalThis.RTCIceCandidate
    export default { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate }
  `,
  // The dependencies log through `debug`; in production nobody reads it.
  debug: `
    const createDebug = () => Object.assign(() => {}, { enabled: false, destroy() {} })
    export default createDebug
  `,
  // TCP's stream encryption: WebRTC is encrypted, and its `browser` field drops this file too.
  'bittorrent-protocol/mse.js': `
    export const nativeRC4 = false
    export class MessageStreamEncryptor {}
  `,
}

/** The key of `modules` that an import means: by bare name, or by file of the package that it is imported in. */
function replacementFor(modules, name, importer = '') {
  if (Object.hasOwn(modules, name)) return name
  if (!name.startsWith('./')) return null
  const packageName = importer.replaceAll('\\', '/').split('/node_modules/').at(-1)?.split('/')[0]
  const path = `${packageName}/${name.slice(2)}`
  return Object.hasOwn(modules, path) ? path : null
}

const PREFIX = '\0browser-module:'

/** A rollup plugin that serves `browserModules`. */
export function browserModulesForRollup() {
  return {
    name: 'browser-modules',
    resolveId(name, importer) {
      const replacement = replacementFor(browserModules, name, importer)
      return replacement === null ? null : PREFIX + replacement
    },
    load(id) {
      if (!id.startsWith(PREFIX)) return null
      return { code: browserModules[id.slice(PREFIX.length)], moduleSideEffects: false }
    },
  }
}

/**
 * An esbuild plugin that serves `browserModules` and, for tests, more of their kind.
 *
 * @param {Record<string, string>} [more] module sources by the name they are imported under
 * @returns {import('esbuild').Plugin}
 */
export function browserModulesForEsbuild(more = {}) {
  const modules = { ...browserModules, ...more }
  return {
    name: 'browser-modules',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
        const replacement = replacementFor(modules, path, importer)
        return replacement === null ? null : { path: replacement, namespace: 'browser-module', sideEffects: false }
      })
      build.onLoad({ filter: /.*/, namespace: 'browser-module' }, ({ path }) => ({
        contents: modules[path],
        resolveDir: process.cwd(),
      }))
    },
  }
}
