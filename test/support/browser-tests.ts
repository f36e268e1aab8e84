/**
 * Runs test files in real Chromium and Firefox by web-test-runner.
 *
 *     node --import tsx test/support/browser-tests.ts SUMMARY.json FILE.test.ts…
 *
 * Each file is bundled with the replacements that the published bundle has. `node:test` and `node:assert/strict`
 * work in them, so that contract suites run unchanged in Node and in browsers. What a `*.in-node.ts` module exports is
 * computed in Node while the file is bundled, and handed over as data.
 */
import { writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { defaultReporter, startTestRunner, type TestRunnerPlugin, type TestSuiteResult } from '@web/test-runner'
import { chromeLauncher } from '@web/test-runner-chrome'
import { build, type Plugin } from 'esbuild'
import * as puppeteer from 'puppeteer-core'
import { browserModulesForEsbuild } from '../../build/browser-modules.js'
import { type BrowserName, browserPath, CHROMIUM_ARGS, chromiumShellPath } from './browsers.ts'
import type { Results } from './tap.ts'

/** A whole test file, in one browser. */
const FILE_TIMEOUT_MS = 120_000

/** Firefox furnishes a new profile before its first page, and was seen to wait 30 s for a busy disk meanwhile. */
const START_TIMEOUT_MS = 90_000

/** One test, unless it says otherwise. */
const TEST_TIMEOUT_MS = 30_000

const [summaryPath, ...files] = process.argv.slice(2)
if (summaryPath === undefined || files.length === 0) {
  console.error('Usage: browser-tests.ts SUMMARY.json FILE.test.ts…')
  process.exit(2)
}

const runner = await startTestRunner({
  readCliArgs: false,
  readFileConfig: false,
  autoExitProcess: false,
  config: {
    rootDir: process.cwd(),
    files: [...files],
    browsers: [launcher('chromium'), launcher('firefox')],
    // Both browsers side by side, one page each: WebRTC and storage tests are sensitive to crowding.
    concurrency: 1,
    concurrentBrowsers: 2,
    browserStartTimeout: START_TIMEOUT_MS,
    testsFinishTimeout: FILE_TIMEOUT_MS,
    testFramework: { config: { ui: 'bdd', timeout: TEST_TIMEOUT_MS } },
    plugins: [bundle()],
    reporters: [defaultReporter({ reportTestResults: true, reportTestProgress: false })],
  },
})
if (runner === undefined) process.exit(1)

runner.on('finished', passed => {
  const results = { passed: 0, failed: 0, failures: [] as string[] }
  for (const session of runner.sessions.all()) {
    const where = `${relative(process.cwd(), session.testFile ?? '')} in ${session.browser.name}`
    const failedBefore = results.failed
    count(session.testResults, where, results)
    // A file that could not be loaded, or crashed outside its tests.
    if (!session.passed && results.failed === failedBefore) {
      results.failed++
      results.failures.push(`${where} ${session.errors.map(({ message }) => message).join('\n    ')}`)
    }
  }
  writeFileSync(summaryPath, JSON.stringify(results satisfies Results))
  runner.stop().finally(() => process.exit(passed ? 0 : 1))
})

function count(
  suite: TestSuiteResult | undefined,
  where: string,
  results: { passed: number; failed: number; failures: string[] },
): void {
  if (suite === undefined) return
  for (const test of suite.tests) {
    if (test.skipped) continue
    if (test.passed) results.passed++
    else {
      results.failed++
      results.failures.push(`${where} ${test.name}\n    ${test.error?.message ?? ''}`)
    }
  }
  for (const inner of suite.suites) count(inner, where, results)
}

function launcher(name: BrowserName) {
  const shell = name === 'chromium' ? chromiumShellPath() : undefined
  return chromeLauncher({
    puppeteer,
    launchOptions: {
      browser: name === 'chromium' ? 'chrome' : 'firefox',
      executablePath: shell ?? browserPath(name),
      headless: shell === undefined ? true : 'shell',
      ...(name === 'chromium' && { args: [...CHROMIUM_ARGS], pipe: true }),
    },
  })
}

/** Serves a test file as one module, made by esbuild. */
function bundle(): TestRunnerPlugin {
  const support = resolve('test/support')
  return {
    name: 'bundle',
    async serve({ path }) {
      if (!path.endsWith('.test.ts')) return undefined
      const { outputFiles } = await build({
        entryPoints: [join(process.cwd(), path)],
        bundle: true,
        write: false,
        format: 'esm',
        platform: 'browser',
        target: 'es2022',
        sourcemap: 'inline',
        alias: {
          'node:test': join(support, 'node-test-in-browser.ts'),
          'node:assert/strict': join(support, 'node-assert-in-browser.ts'),
        },
        plugins: [computedInNode(), browserModulesForEsbuild()],
        logLevel: 'silent',
      })
      return { body: outputFiles[0]!.text, type: 'js' }
    },
  }
}

function computedInNode(): Plugin {
  return {
    name: 'computed-in-node',
    setup({ onLoad }) {
      onLoad({ filter: /\.in-node\.ts$/ }, async ({ path }) => {
        const values: Record<string, unknown> = await import(pathToFileURL(path).href)
        const lines = Object.entries(values).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}`)
        return { contents: lines.join('\n'), loader: 'js' }
      })
    },
  }
}
