/** `node:assert/strict` for tests that run in browsers: the part of it that our suites use. */
type Expected = RegExp | Error | object | ((error: unknown) => boolean) | (new (...args: never[]) => unknown)

export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

export function ok(value: unknown, message?: string | Error): asserts value {
  if (!value) fail(message ?? `${show(value)} is not truthy`)
}

export function fail(message: string | Error = 'Failed'): never {
  throw message instanceof Error ? message : new AssertionError(message)
}

export function equal<T>(actual: unknown, expected: T, message?: string | Error): asserts actual is T {
  if (!Object.is(actual, expected)) fail(message ?? `expected ${show(expected)}, got ${show(actual)}`)
}

export function notEqual(actual: unknown, expected: unknown, message?: string | Error): void {
  if (Object.is(actual, expected)) fail(message ?? `expected anything but ${show(expected)}`)
}

export function deepEqual<T>(actual: unknown, expected: T, message?: string | Error): asserts actual is T {
  if (!isDeepEqual(actual, expected)) fail(message ?? `expected ${show(expected)}, got ${show(actual)}`)
}

export function notDeepEqual(actual: unknown, expected: unknown, message?: string | Error): void {
  if (isDeepEqual(actual, expected)) fail(message ?? `expected anything but ${show(expected)}`)
}

export function match(text: string, pattern: RegExp, message?: string | Error): void {
  if (!pattern.test(text)) fail(message ?? `${show(text)} does not match ${pattern}`)
}

export function doesNotMatch(text: string, pattern: RegExp, message?: string | Error): void {
  if (pattern.test(text)) fail(message ?? `${show(text)} matches ${pattern}`)
}

export function throws(work: () => unknown, expected?: Expected | string, message?: string): void {
  let error: unknown
  try {
    work()
  } catch (thrown) {
    error = thrown
    checkError(error, expected, message)
    return
  }
  fail(message ?? 'expected an exception')
}

export function doesNotThrow(work: () => unknown): void {
  work()
}

export async function rejects(
  work: Promise<unknown> | (() => Promise<unknown>),
  expected?: Expected | string,
  message?: string,
): Promise<void> {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    checkError(error, expected, message)
    return
  }
  fail(message ?? 'expected a rejection')
}

export async function doesNotReject(work: Promise<unknown> | (() => Promise<unknown>)): Promise<void> {
  await (typeof work === 'function' ? work() : work)
}

function checkError(error: unknown, expected: Expected | string | undefined, message: string | undefined): void {
  if (expected === undefined || typeof expected === 'string') return
  if (expected instanceof RegExp) {
    match(String(error), expected, message)
  } else if (typeof expected === 'function') {
    const isClass = expected === Error || expected.prototype instanceof Error
    if (isClass) ok(error instanceof expected, message ?? `threw ${show(error)}`)
    else ok((expected as (error: unknown) => boolean)(error), message ?? `threw ${show(error)}`)
  } else {
    for (const [key, value] of Object.entries(expected)) {
      const actual = (error as Record<string, unknown>)[key]
      if (value instanceof RegExp && typeof actual === 'string') match(actual, value, message)
      else deepEqual(actual, value, message ?? `${key} of the error: expected ${show(value)}, got ${show(actual)}`)
    }
  }
}

function isDeepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (a instanceof Date) return a.getTime() === (b as Date).getTime()
  if (a instanceof ArrayBuffer) return isDeepEqual(new Uint8Array(a), new Uint8Array(b as ArrayBuffer))
  if (a instanceof Map) return isDeepEqual([...a], [...(b as Map<unknown, unknown>)])
  if (a instanceof Set) return isDeepEqual([...a], [...(b as Set<unknown>)])
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(
    key =>
      Object.hasOwn(b, key) && isDeepEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  )
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength} bytes)`
  try {
    const text = JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? String(value)
    return text.length > 400 ? `${text.slice(0, 400)}…` : text
  } catch {
    return String(value)
  }
}

export { equal as strictEqual, notEqual as notStrictEqual, deepEqual as deepStrictEqual }

export default Object.assign(ok, {
  AssertionError,
  ok,
  fail,
  equal,
  notEqual,
  deepEqual,
  notDeepEqual,
  strictEqual: equal,
  notStrictEqual: notEqual,
  deepStrictEqual: deepEqual,
  match,
  doesNotMatch,
  throws,
  doesNotThrow,
  rejects,
  doesNotReject,
})
