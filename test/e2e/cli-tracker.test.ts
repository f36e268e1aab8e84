/** `shoal tracker` as operators run it: settings, what it says of itself, other files on SIGHUP, a good end. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { bareAnnounce, INFO_HASH, TestSocket, WIRE_HASH } from '../contract/tracker-support.ts'
import { runCli, type RunningCli, scratchFolder, startCli } from './support/cli.ts'
import type { Lifetime } from './support/scope.ts'

const LISTENING = /^listening on (wss?:\/\/\S+)$/m
const RELOADED = /(read lists and certificates again)/

async function start(lifetime: Lifetime, ...args: string[]): Promise<RunningCli & { url: string; http: string }> {
  const running = startCli(lifetime, ['tracker', '--port', '0', '--host', '127.0.0.1', ...args])
  const url = await running.printed(LISTENING)
  return { ...running, url, http: url.replace(/^ws/, 'http') }
}

async function connect(lifetime: Lifetime, url: string): Promise<TestSocket> {
  const socket = await new TestSocket(url).open()
  lifetime.after(() => socket.close())
  return socket
}

/** Resolves when a running tracker has logged that it read its files again. */
async function reload({ child }: RunningCli): Promise<void> {
  const logged = new Promise<void>(resolve => {
    let text = ''
    child.stderr!.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (RELOADED.test(text)) resolve()
    })
  })
  child.kill('SIGHUP')
  await logged
}

describe('shoal tracker', () => {
  it('says whether its configuration is right, and starts nothing', async t => {
    const folder = await scratchFolder(t)
    const file = join(folder, 'tracker.yaml')
    await writeFile(file, 'port: 0\nlimits:\n  connectionsMax: 100\n')
    const good = await runCli(['tracker', '--config', file, '--check-config'])
    assert.deepEqual([good.exitCode, good.stdout], [0, 'The configuration is right.\n'])
    await writeFile(file, 'port: 0\nlimts: {}\n')
    const bad = await runCli(['tracker', '--config', file, '--check-config'])
    assert.equal(bad.exitCode, 2)
    assert.match(bad.stderr, /there is no limts. Did you mean limits\?/)
    const list = join(folder, 'list')
    await writeFile(list, 'nonsense\n')
    assert.match(
      (await runCli(['tracker', '--blocked-info-hashes', list, '--check-config'])).stderr,
      /line 1 is no infohash/,
    )
    assert.match((await runCli(['tracker', '--tls-cert', list, '--check-config'])).stderr, /--tls-cert and --tls-key/)
  })

  it('shows itself to programs and to people', async t => {
    const { url, http } = await start(t)
    const socket = await connect(t, url)
    await socket.ask(bareAnnounce('a', { left: 0 }))
    for (const path of ['health', 'health/live', 'health/ready'])
      assert.deepEqual(await (await fetch(`${http}/${path}`)).json(), { status: 'ok' })
    const metrics = await (await fetch(`${http}/metrics`)).text()
    for (const line of [
      'shoal_connections 1',
      'shoal_swarms 1',
      'shoal_members{role="seeds"} 1',
      'shoal_messages_total{kind="announce"} 1',
      'shoal_relayed_total{kind="offer"} 0',
      'shoal_relay_seconds_bucket{le="+Inf"} 0',
      'shoal_send_queue_bytes 0',
    ])
      assert.ok(metrics.includes(`\n${line}\n`), line)
    const page = await fetch(http)
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    const html = await page.text()
    assert.ok(html.includes(url) && html.includes('<dt>seeding</dt><dd>1</dd>'), html)
  })

  it('reads its lists again on SIGHUP, and keeps them when they are wrong', async t => {
    const list = join(await scratchFolder(t), 'blocked')
    await writeFile(list, '')
    const running = await start(t, '--blocked-info-hashes', list)
    const socket = await connect(t, running.url)
    assert.equal((await socket.ask(bareAnnounce('a'))).incomplete, 1)
    await writeFile(list, `${Buffer.from(INFO_HASH).toString('hex')}\n`)
    await reload(running)
    assert.equal((await socket.ask(bareAnnounce('a'))).code, 'not-allowed')
    await writeFile(list, 'nonsense')
    running.child.kill('SIGHUP')
    await running.printed(/("msg":"lists and certificates stay as they were")/)
    assert.equal((await socket.ask(bareAnnounce('a'))).code, 'not-allowed')
  })

  it('speaks TLS, and takes another certificate on SIGHUP', async t => {
    const folder = await scratchFolder(t)
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const put = async (name: string) => {
      await copyFile(`test/fixtures/tls/${name}.cert.pem`, cert)
      await copyFile(`test/fixtures/tls/${name}.key.pem`, key)
    }
    await put('one')
    const running = await start(t, '--tls-cert', cert, '--tls-key', key)
    const { port, protocol } = new URL(running.url)
    assert.equal(protocol, 'wss:')
    assert.equal(await nameOf(Number(port)), 'one.example')
    await put('two')
    await reload(running)
    assert.equal(await nameOf(Number(port)), 'two.example')
  })

  it('makes tokens that its private sibling takes', async t => {
    const key = join(await scratchFolder(t), 'secret')
    await writeFile(key, `${'s'.repeat(32)}\n`)
    const { url } = await start(t, '--token-key', key)
    const made = await runCli(['token', '--key', key, '--info-hash', Buffer.from(INFO_HASH).toString('hex')])
    const socket = await connect(t, `${url}/?token=${made.stdout.trim()}`)
    assert.equal((await socket.ask(bareAnnounce('a', { info_hash: WIRE_HASH }))).incomplete, 1)
    assert.equal((await runCli(['token', '--key', key])).exitCode, 2)
    assert.equal((await runCli(['token', '--key', key, '--site', 'ab', '--seconds', '601'])).exitCode, 2)
  })

  it('tells its clients on SIGTERM, takes nobody new, and ends well', async t => {
    const running = await start(t, '--drain', '60')
    const socket = await connect(t, running.url)
    await socket.ask(bareAnnounce('a', { extensions: ['shutdown'] }))
    const ended = running.stop('SIGTERM')
    await socket.received(2)
    assert.deepEqual(socket.messages[1], { action: 'shutdown', seconds: 60 })
    const late = new TestSocket(running.url)
    assert.equal(await late.closed, 1006)
    socket.close()
    const { exitCode, stderr } = await ended
    assert.equal(exitCode, 0)
    assert.ok(!stderr.includes('127.0.0.1"') || !stderr.includes('"address"'), 'the log names no addresses')
  })
})

/** Whose certificate is shown. */
async function nameOf(port: number): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { CN } = socket.getPeerCertificate().subject
  socket.destroy()
  return String(CN)
}
