/**
 * Makes dist/shoal.min.js: the whole library as one ES module for `<script type="module">`; dist/shoal-sw.js: a site's
 * service worker as a classic script, in which `shoal build` puts the site's table; and what the pages of a site load: dist/shoal.js, its
 * script tag, a classic script too, and dist/shoal-page.js, a module that the tag loads when the page is idle; and dist/shoal-urls-sw.js, the
 * classic service worker behind the addresses of files.
 * The modules under dist/src, for bundlers and Node, are made by tsc alone.
 */
import { readFileSync } from 'node:fs'
import commonjs from '@rollup/plugin-commonjs'
import nodeResolve from '@rollup/plugin-node-resolve'
import terser from '@rollup/plugin-terser'
import esbuild from 'rollup-plugin-esbuild'
import { bestNames } from './build/best-names.js'
import { browserModulesForRollup, workerModules } from './build/browser-modules.js'
import { innerNames } from './build/inner-names.js'
import { PLACEHOLDERS } from './build/open-names.js'
import { bestOrder } from './build/order.js'
import { shorterWords } from './build/shorter-words.js'

/** Of the draws by which names and order are found: of those tried these gave the smallest bundles, the library's of 8, the worker's of 58. */
const SEED = 8
const WORKER_SEED = 22

/**
 * Chromium compiles all functions of a script that begins so while it comes, on another thread (v8.dev/blog/explicit-compile-hints), instead of each
 * at its first call on the one that paints; other browsers see a comment.
 */
const COMPILE_WHILE_LOADING = '//# allFunctionsCalledOnLoad'

const library = {
  input: 'src/index.ts',
  output: {
    file: 'dist/shoal.min.js',
    format: 'es',
    sourcemap: true,
    // One file, or it is not self-contained.
    inlineDynamicImports: true,
  },
  plugins: [
    browserModulesForRollup(),
    nodeResolve({ browser: true, preferBuiltins: false }),
    commonjs(),
    // Fields are assigned where constructors begin, as no class of ours redefines what it inherits: shorter than definitions.
    esbuild({ target: 'es2022', tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } } }),
    shorterWords(),
    terser({
      module: true,
      ecma: 2022,
      compress: {
        passes: 3,
        inline: 1,
        // Our functions and arrows are called as what they are written as, never by `new` or with a `this` of the caller's.
        unsafe_arrows: true,
        // Assumes that nobody has replaced what Number, String, Array, Error and RegExp are: `-1/0` for Number.NEGATIVE_INFINITY.
        unsafe: true,
        // No getter of ours does anything but answer. (`unsafe_comps` is not for us: `!(n >= 0)` is how NaN is refused.)
        pure_getters: true,
        // A variable takes the place of `void 0`: see build/shorter-words.js.
        unsafe_undefined: true,
        // `x === null` and `null === x` are compressed better when they are not both there.
        lhs_constants: false,
      },
      mangle: { nth_identifier: PLACEHOLDERS, properties: { only_cache: true } },
      nameCache: innerNames(),
      format: { comments: false },
    }),
    bestNames(SEED),
    bestOrder(SEED),
  ],
  onwarn,
}

const serviceWorker = {
  input: 'src/site/service-worker.ts',
  // Nothing runs at a module's beginning but what the worker itself does.
  treeshake: { moduleSideEffects: false },
  output: { file: 'dist/shoal-sw.js', format: 'es', sourcemap: false },
  plugins: [
    workerModules(),
    nodeResolve({ browser: true }),
    esbuild({ target: 'es2022', tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } } }),
    terser({
      module: true,
      ecma: 2022,
      compress: {
        passes: 3,
        unsafe_arrows: true,
        unsafe: true,
        pure_getters: true,
        keep_fargs: false,
        unsafe_undefined: true,
      },
      mangle: { nth_identifier: PLACEHOLDERS, properties: { only_cache: true } },
      nameCache: innerNames({ namesOfOthers: namesInWorkerScope() }),
      format: { comments: false },
    }),
    bestNames(WORKER_SEED),
    bestOrder(WORKER_SEED),
    classicScript(`${COMPILE_WHILE_LOADING}\n`),
  ],
  onwarn,
}

/** Names stay as they are: tabs with different versions of it talk to each other, and there is no budget that asks for less. */
const page = {
  input: 'src/site/page/main.ts',
  output: { file: 'dist/shoal-page.js', format: 'es', sourcemap: true, inlineDynamicImports: true },
  plugins: [
    browserModulesForRollup(),
    nodeResolve({ browser: true, preferBuiltins: false }),
    commonjs(),
    esbuild({ target: 'es2022' }),
    terser({
      module: true,
      ecma: 2022,
      compress: { passes: 2 },
      format: { comments: false, preamble: COMPILE_WHILE_LOADING },
    }),
  ],
  onwarn,
}

const tag = smallScript('src/site/page/tag.ts', 'dist/shoal.js')

const urlsWorker = smallScript('src/urls/worker.ts', 'dist/shoal-urls-sw.js')

export default [library, serviceWorker, page, tag, urlsWorker]

/** A classic script whose names stay as they are. */
function smallScript(input, file) {
  return {
    input,
    output: { file, format: 'es', sourcemap: false },
    plugins: [
      nodeResolve({ browser: true }),
      esbuild({ target: 'es2022' }),
      terser({ module: true, ecma: 2022, compress: { passes: 3 }, format: { comments: false } }),
      classicScript(),
    ],
    onwarn,
  }
}

/** A script beside others: no name of it is global but those that it gives out. */
function classicScript(beginning = '') {
  return { name: 'classic-script', renderChunk: code => `${beginning}(()=>{"use strict";${code.trim()}})()` }
}

/** TypeScript's library of service workers excludes that of pages: what src/site/worker/scope.ts says of them is the platform's. */
function namesInWorkerScope() {
  return readFileSync(new URL('src/site/worker/scope.ts', import.meta.url), 'utf8').match(/\w+/g) ?? []
}

/** Anything that would leave an import in the bundle, or drag Node in, is an error and not a remark. */
function onwarn(warning, warn) {
  if (['UNRESOLVED_IMPORT', 'MISSING_NODE_BUILTINS', 'MISSING_EXPORT'].includes(warning.code))
    throw new Error(warning.message)
  if (warning.code === 'CIRCULAR_DEPENDENCY' && warning.ids?.every(id => id.includes('node_modules'))) return
  warn(warning)
}
