/**
 * `node:test` for tests that run in browsers: the part of it that our suites use, on top of mocha, which
 * web-test-runner brings. Contract suites import 'node:test' and run in both.
 */
interface TestOptions {
  readonly skip?: boolean | string
  readonly timeout?: number
}

export interface TestContext {
  readonly name: string
  /** Aborted when the test is over. */
  readonly signal: AbortSignal
  after(work: () => unknown): void
  diagnostic(message: string): void
}

type Body = (context: TestContext) => unknown
type Arguments = [name: string, body: Body] | [name: string, options: TestOptions, body: Body]
type Hook = (work: () => unknown) => void

interface Mocha {
  describe(name: string, body: () => void): void
  it: { (name: string, body: (this: MochaContext) => Promise<void>): void; skip(name: string): void }
  before: Hook
  after: Hook
  beforeEach: Hook
  afterEach: Hook
}

interface MochaContext {
  timeout(ms: number): void
}

const mocha = globalThis as unknown as Mocha

export const before: Hook = work => mocha.before(() => work())
export const after: Hook = work => mocha.after(() => work())
export const beforeEach: Hook = work => mocha.beforeEach(() => work())
export const afterEach: Hook = work => mocha.afterEach(() => work())

export function describe(name: string, body: () => void): void {
  mocha.describe(name, () => {
    body()
  })
}

export function test(...args: Arguments): void {
  const [name, options, body] = args.length === 2 ? [args[0], {}, args[1]] : args
  if (options.skip) {
    mocha.it.skip(name)
    return
  }
  mocha.it(name, async function () {
    if (options.timeout !== undefined) this.timeout(options.timeout)
    const cleanups: (() => unknown)[] = []
    const over = new AbortController()
    const context: TestContext = {
      name,
      signal: over.signal,
      after: work => cleanups.push(work),
      diagnostic: message => console.log(message),
    }
    try {
      await body(context)
    } finally {
      over.abort()
      for (const cleanup of cleanups) await cleanup()
    }
  })
}

export const it = test
export const suite = describe
export default Object.assign(test, { test, it, describe, suite, before, after, beforeEach, afterEach })
