/** `shoal build --probe` against a real server: what it finds, and what it warns of. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type CliOutcome, runCli, scratchFolder } from './support/cli.ts'
import type { Lifetime } from './support/scope.ts'

interface Origin {
  /** Of pages. */
  readonly page?: OutgoingHttpHeaders
  /** Of listed files, twins and the worker. */
  readonly files?: OutgoingHttpHeaders
  readonly hasRanges?: boolean
  /** Sends a file's bytes as they are no longer on disk. */
  readonly isOld?: boolean
  readonly isEmpty?: boolean
  /** Keeps back what begins with a dot. */
  readonly hidesDots?: boolean
}

const TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  jpg: 'image/jpeg',
  gz: 'application/gzip',
  js: 'text/javascript',
}

/** Builds a site of an image and a document with a twin, asking the server that serves it. */
async function probed(lifetime: Lifetime, origin: Origin, ...more: readonly string[]): Promise<CliOutcome> {
  const folder = await scratchFolder(lifetime)
  const site = join(folder, 'site')
  await mkdir(site)
  await writeFile(join(site, 'photo.jpg'), randomBytes(40_000))
  await writeFile(join(site, 'data.json'), randomBytes(60_000).toString('hex'))
  const server = createServer((request, response) => void answer(site, origin, request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  lifetime.after(() => server.close())
  const { port } = server.address() as AddressInfo
  assert.equal((await runCli(['keygen'], { cwd: folder })).exitCode, 0)
  const urls = ['--origin', `http://127.0.0.1:${port}/`, '--tracker', 'wss://tracker.example']
  const outcome = await runCli(['build', 'site', ...urls, '--probe', ...more], { cwd: folder })
  assert.equal(outcome.exitCode, 0, outcome.stderr)
  return outcome
}

async function answer(site: string, origin: Origin, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').slice(1)
  if (path === '') {
    response.writeHead(200, { 'Content-Type': 'text/html', ...origin.page }).end('<!doctype html>')
    return
  }
  const isKeptBack = origin.isEmpty || (origin.hidesDots && path.startsWith('.'))
  const bytes = isKeptBack ? undefined : await readFile(join(site, path)).catch(() => undefined)
  if (bytes === undefined) {
    response.writeHead(404).end()
    return
  }
  const body = origin.isOld ? bytes.subarray(1) : bytes
  const headers = { 'Content-Type': TYPES[path.split('.').at(-1)!] ?? 'application/octet-stream', ...origin.files }
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
  if (range === null || origin.hasRanges === false) {
    response.writeHead(200, headers).end(body)
    return
  }
  const [first, last] = [Number(range[1]), Math.min(Number(range[2]), body.length - 1)]
  response
    .writeHead(206, { ...headers, 'Content-Range': `bytes ${first}-${last}/${body.length}` })
    .end(body.subarray(first, last + 1))
}

const warningsIn = ({ stderr }: CliOutcome): string[] => stderr.split('\n').filter(line => /^shoal: probe:/.test(line))

describe('shoal build --probe', () => {
  it('says what it found, and warns of nothing where nothing is in the way', async t => {
    const outcome = await probed(t, {
      page: { 'Content-Security-Policy': "default-src 'self'; connect-src 'self' wss://tracker.example" },
      files: { 'Cross-Origin-Resource-Policy': 'same-origin', 'Timing-Allow-Origin': '*' },
    })
    assert.deepEqual(warningsIn(outcome), [])
    assert.match(outcome.stderr, /probe: http:\S+ answers 200; COEP: none; CSP: default-src/)
    assert.match(outcome.stderr, /probe: photo\.jpg: ranges are answered; CORP: same-origin; Timing-Allow-Origin: \*/)
    assert.match(outcome.stderr, /probe: data\.json: encoding for browsers: none/)
    assert.match(outcome.stderr, /probe: nothing stands in the way/)
  })

  it('does not warn of isolated pages whose worker has the header too', async t => {
    const headers = { 'Cross-Origin-Embedder-Policy': 'require-corp' }
    assert.deepEqual(warningsIn(await probed(t, { page: headers, files: headers })), [])
  })

  it('warns of a server that keeps back the pad files of a hybrid', async t => {
    const kept = warningsIn(await probed(t, { hidesDots: true }, '--hybrid'))
    assert.match(kept.join('\n'), /\.pad\/\d+ is answered with 404: serve what lies in \.pad\//)
    assert.deepEqual(warningsIn(await probed(t, {}, '--hybrid')), [])
    assert.deepEqual(warningsIn(await probed(t, { hidesDots: true })), [])
  })

  const cases: readonly (readonly [what: string, origin: Origin, warning: RegExp])[] = [
    [
      'a policy that forbids the tracker',
      { page: { 'Content-Security-Policy': "connect-src 'self'" } },
      /does not allow wss:\/\/tracker\.example: add it to connect-src/,
    ],
    [
      'a policy that forbids workers',
      { page: { 'Content-Security-Policy': "worker-src 'none'" } },
      /does not allow 'self': add it to worker-src/,
    ],
    [
      'isolated pages',
      { page: { 'Cross-Origin-Embedder-Policy': 'require-corp' } },
      /isolated by COEP: send the same header with shoal-sw\.js/,
    ],
    [
      'a policy that comes with the worker and forbids it to fetch',
      { files: { 'Content-Security-Policy': "default-src 'none'" } },
      /shoal-sw\.js: its Content-Security-Policy does not allow 'self': add it to connect-src/,
    ],
    [
      'a worker that is no script',
      { files: { 'Content-Type': 'text/plain' } },
      /shoal-sw\.js is served as text\/plain/,
    ],
    [
      'a policy that forbids the tag',
      { page: { 'Content-Security-Policy': "script-src 'none'" } },
      /add it to script-src/,
    ],
    ['no ranges', { hasRanges: false }, /ranges are not supported/],
    ['another deploy', { isOld: true }, /photo\.jpg has another length there/],
    ['no deploy', { isEmpty: true }, /photo\.jpg is answered with 404: deploy what was built/],
    ['twins that browsers would inflate', { files: { 'Content-Encoding': 'gzip' } }, /data\.json\.gz is sent with/],
    ['another content type', { files: { 'Content-Type': 'text/plain' } }, /is served as text\/plain/],
  ]
  for (const [what, origin, warning] of cases) {
    it(`warns of ${what}`, async t => {
      const outcome = await probed(t, origin)
      assert.match(warningsIn(outcome).join('\n'), warning)
      assert.doesNotMatch(outcome.stderr, /nothing stands in the way/)
    })
  }

  it('makes the deploy although nobody answers, and says so', async t => {
    const folder = await scratchFolder(t)
    await mkdir(join(folder, 'site'))
    await writeFile(join(folder, 'site', 'a.jpg'), randomBytes(40_000))
    await runCli(['keygen'], { cwd: folder })
    const urls = ['--origin', 'http://127.0.0.1:1/', '--tracker', 'wss://tracker.example']
    const outcome = await runCli(['build', 'site', ...urls, '--probe'], { cwd: folder })
    assert.equal(outcome.exitCode, 0, outcome.stderr)
    assert.match(outcome.stderr, /http:\/\/127\.0\.0\.1:1\/ could not be asked/)
    assert.match(outcome.stdout, /^version /m)
  })
})
