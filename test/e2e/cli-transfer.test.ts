/** `shoal tracker`, `seed` and `get` as processes that meet: files arrive, interruptions lose nothing. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { type RunningCli, runCli, scratchFolder, startCli } from './support/cli.ts'
import { payloadBytes, payloadChunks } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { cliPath, startShoalTracker } from './support/trackers.ts'

/** Large enough to be interrupted on its way. */
const LARGE_BYTES = 64 * 1024 * 1024

const scope = fileScope()
const tracker = startShoalTracker(scope)

async function largeFile(folder: string): Promise<string> {
  const path = join(folder, 'large.bin')
  const file = await open(path, 'w')
  for (const chunk of payloadChunks(7, LARGE_BYTES)) await file.write(chunk)
  await file.close()
  return path
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}

async function seed(lifetime: Lifetime, paths: readonly string[], more: readonly string[] = []): Promise<string> {
  const running = startCli(lifetime, ['seed', ...paths, '--tracker', (await tracker).url, ...more])
  return running.printed(/^(magnet:\S+)$/m)
}

/** The share at which a second run went on, as its first line of progress says. */
function resumedAt(stderr: string): number {
  return Number(stderr.match(/^(\d+) % {2}[\d.]+ \w+ of /m)?.[1] ?? 0)
}

describe('shoal seed and shoal get', () => {
  it('bring a folder across by magnet, whole and by name', async t => {
    const folder = await scratchFolder(t)
    const files = { 'a.txt': 5, 'empty.txt': 0, 'deep/er/ünïcode-名.bin': 100_000, 'z.bin': 3_000_000 }
    for (const [path, length] of Object.entries(files)) {
      await mkdir(dirname(join(folder, 'share', path)), { recursive: true })
      await writeFile(join(folder, 'share', path), payloadBytes(length, 0, length))
    }
    const magnet = await seed(t, [join(folder, 'share')])
    const got = await runCli(['get', magnet, '-o', join(folder, 'got'), '--allow-private'])
    assert.equal(got.exitCode, 0, got.stderr)
    assert.equal(got.stdout, `${join(folder, 'got', 'share')}\n`)
    for (const [path, length] of Object.entries(files)) {
      const received = await readFile(join(folder, 'got', 'share', path))
      assert.ok(received.equals(payloadBytes(length, 0, length)), path)
    }
  })

  it('bring several files across by v2 infohash alone, on a tracker that only get knows', async t => {
    const folder = await scratchFolder(t)
    await writeFile(join(folder, 'one.bin'), payloadBytes(1, 0, 50_000))
    await writeFile(join(folder, 'two.bin'), payloadBytes(2, 0, 50_000))
    const paths = [join(folder, 'one.bin'), join(folder, 'two.bin')]
    const magnet = await seed(t, paths, ['--name', 'pair', '--version', 'v2'])
    const hash = magnet.match(/btmh:1220([0-9a-f]{64})/)?.[1] ?? ''
    const got = await runCli(['get', hash, '-o', folder, '--tracker', (await tracker).url], { cwd: folder })
    assert.equal(got.exitCode, 0, got.stderr)
    assert.ok((await readFile(join(folder, 'pair', 'two.bin'))).equals(payloadBytes(2, 0, 50_000)))
  })

  it('bring files of the same content across', async t => {
    const folder = await scratchFolder(t)
    await mkdir(join(folder, 'twins'))
    for (const name of ['a', 'b', 'c']) await writeFile(join(folder, 'twins', name), payloadBytes(4, 0, 50_000))
    const magnet = await seed(t, [join(folder, 'twins')], ['--version', 'v2'])
    const got = await runCli(['get', magnet, '-o', join(folder, 'got'), '--allow-private'])
    assert.equal(got.exitCode, 0, got.stderr)
    assert.ok((await readFile(join(folder, 'got', 'twins', 'c'))).equals(payloadBytes(4, 0, 50_000)))
  })

  it('need no network when everything is there already', async t => {
    const folder = await scratchFolder(t)
    await writeFile(join(folder, 'a.bin'), payloadBytes(3, 0, 100_000))
    await runCli(['create', 'a.bin', '--tracker', 'ws://127.0.0.1:9'], { cwd: folder })
    const got = await runCli(['get', 'a.bin.torrent', '-o', '.'], { cwd: folder })
    assert.equal(got.exitCode, 0, got.stderr)
  })

  it('give up after --timeout without anybody, and say how to go on', async t => {
    const folder = await scratchFolder(t)
    const hash = '00'.repeat(20)
    const got = await runCli(['get', hash, '-o', folder, '--timeout', '1', '--tracker', (await tracker).url])
    assert.equal(got.exitCode, 1)
    assert.match(got.stderr, /Nothing arrived in the time given/)
  })

  it('connect to no tracker on this machine that only the link names, but to one that is the usual one', async t => {
    const folder = await scratchFolder(t)
    await writeFile(join(folder, 'a.bin'), payloadBytes(5, 0, 50_000))
    const magnet = await seed(t, [join(folder, 'a.bin')])
    const args = ['get', magnet, '-o', join(folder, 'got')]
    const stranger = startCli(t, args)
    await stranger.printed(/is not a public address; name the tracker yourself/)
    await stranger.stop('SIGINT')
    const got = await runCli(args, { env: { SHOAL_TRACKER: (await tracker).url } })
    assert.equal(got.exitCode, 0, got.stderr)
  })

  it('say which tracker cannot be reached', async t => {
    const folder = await scratchFolder(t)
    const got = startCli(t, ['get', '00'.repeat(20), '-o', folder, '--tracker', 'ws://127.0.0.1:9'])
    await got.printed(/tracker at 127\.0\.0\.1:9 cannot be reached/)
    assert.equal((await got.stop('SIGINT')).exitCode, 130)
  })
})

describe('an interrupted shoal get', () => {
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGKILL', null],
  ] as const) {
    it(`goes on where ${signal} stopped it`, async t => {
      const folder = await scratchFolder(t)
      const source = await largeFile(folder)
      const magnet = await seed(t, [source])
      const args = ['get', magnet, '-o', join(folder, 'got'), '--allow-private']
      const first = startCli(t, args)
      await first.printed(/^[2-8]\d %/m)
      const interrupted = await first.stop(signal)
      assert.equal(interrupted.exitCode, exitCode)

      const second = await runCli(args)
      assert.equal(second.exitCode, 0, second.stderr)
      assert.ok(resumedAt(second.stderr) >= 10, second.stderr)
      assert.equal(await sha256(join(folder, 'got', 'large.bin')), await sha256(source))
      assert.deepEqual(
        (await readdir(join(folder, 'got'))).filter(name => !name.startsWith('.')),
        ['large.bin'],
      )
    })
  }
})

describe('what a command does with the world around it', () => {
  it('a tracker on port 0 says where it is, and ends well on SIGTERM and SIGINT', async t => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const running: RunningCli = startCli(t, ['tracker', '--port', '0'])
      const url = await running.printed(/^listening on (ws:\/\/\S+)$/m)
      const health = await fetch(`${url.replace(/^ws/, 'http')}/health`)
      assert.deepEqual(await health.json(), { status: 'ok' })
      assert.equal((await running.stop(signal)).exitCode, 0)
    }
  })

  it('a port in use is a failure with a way out', async () => {
    const port = new URL((await tracker).url).port
    const second = await runCli(['tracker', '--port', port])
    assert.equal(second.exitCode, 1)
    assert.match(second.stderr, new RegExp(`Port ${port} is in use`))
  })

  it('serve answers with the share page, and stops well', async t => {
    const running = startCli(t, ['serve', '--port', '0'])
    const url = await running.printed(/share page on (http:\/\/\S+)/)
    const page = await fetch(url)
    assert.equal(page.status, 200)
    assert.match(await page.text(), /share\.js/)
    assert.match(String(page.headers.get('content-security-policy')), /default-src 'none'/)
    assert.equal((await running.stop('SIGINT')).exitCode, 0)
  })

  it('a reader that leaves is no error', async () => {
    const child = spawn(
      process.execPath,
      [resolve(cliPath()), 'inspect', 'test/fixtures/vectors/tree.hybrid.torrent', '--json'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    child.stdout.destroy()
    let stderr = ''
    child.stderr.on('data', chunk => (stderr += chunk))
    await once(child, 'close')
    assert.equal(stderr, '')
  })
})
