/** What operators copy is right: the unit, the container files and the snippets name flags, paths and ports that there are. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { resolveSettings, type Settings } from '../../src/node/cli/settings.ts'
import { TRACKER_PREFIX, TRACKER_SETTINGS } from '../../src/node/cli/tracker-settings.ts'
import { SERVER_DEFAULTS } from '../../tracker/options.ts'

const read = (name: string) => readFileSync(`tracker/${name}`, 'utf8')
const settings = TRACKER_SETTINGS as unknown as Settings
const flags = new Set([
  '--config',
  '--check-config',
  ...Object.values(settings).map(({ flags }) => /--[\w-]+/.exec(flags)![0]),
])
const PATHS = ['/health/ready', '/health/live', '/health', '/metrics', '/stats.json']

/** Every flag after `shoal tracker` in a text is one. */
function assertFlags(text: string): void {
  const lines = text.split('\n').filter(line => /shoal tracker|cli\.js|command:|^CMD/.test(line))
  assert.ok(lines.length > 0)
  for (const flag of lines.join(' ').match(/--[a-z][\w-]+/g) ?? []) assert.ok(flags.has(flag), flag)
}

function assertHealthCheck(command: readonly string[]): void {
  const [, node, option, script = ''] = ['CMD', ...command]
  assert.deepEqual([node, option], ['node', '-e'])
  const url = new URL(/fetch\('([^']+)'\)/.exec(script)![1]!)
  assert.ok(PATHS.includes(url.pathname))
  assert.equal(url.port, String(settings.port!.default))
  // It must be a program.
  new Function(script)
}

describe('what operators copy', () => {
  it('settings: every line holds, those that are commented out too', () => {
    const text = read('deploy/tracker.yaml')
    const all = text.replace(/^# (\w+: )/gm, '$1')
    for (const each of [text, all])
      resolveSettings(settings, TRACKER_PREFIX, {
        file: { name: 'tracker.yaml', text: each },
        environment: {},
        flags: {},
      })
    const named = Object.keys(parse(all) as object)
    const left = Object.keys(settings).filter(name => !named.includes(name))
    assert.deepEqual(left, ['host', 'path', 'interval'])
  })

  it('the systemd unit: sections, commands and time to drain', () => {
    const unit = read('deploy/shoal-tracker.service')
    assertFlags(unit.replaceAll('--max-semi-space-size', ''))
    const entries = unit.split('\n').filter(line => line !== '' && !/^[#[]/.test(line))
    for (const line of entries) assert.match(line, /^[A-Z][A-Za-z]+=\S/)
    assert.deepEqual(unit.match(/^\[\w+\]$/gm), ['[Unit]', '[Service]', '[Install]'])
    const { drain } = parse(read('deploy/tracker.yaml')) as { drain: number }
    assert.ok(Number(/TimeoutStopSec=(\d+)/.exec(unit)![1]) > drain + SERVER_DEFAULTS.closeSeconds)
    assert.ok(Number(/LimitNOFILE=(\d+)/.exec(unit)![1]) > SERVER_DEFAULTS.connectionsMax)
  })

  it('the Dockerfile: what it copies and runs is there, and its health check is one', () => {
    const file = read('deploy/Dockerfile').replace(/\\\n/g, '')
    const instructions = file.split('\n').filter(line => line !== '' && !line.startsWith('#'))
    for (const line of instructions)
      assert.match(line, /^(FROM|WORKDIR|COPY|RUN|ENV|USER|EXPOSE|HEALTHCHECK|ENTRYPOINT|CMD) /)
    const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
    for (const [, script] of file.matchAll(/npm run ([\w:]+)/g)) assert.ok(manifest.scripts[script!], script)
    const entry: string[] = JSON.parse(/^ENTRYPOINT (.+)$/m.exec(file)![1]!)
    assert.deepEqual(entry, ['node', manifest.bin.shoal, 'tracker'])
    assertFlags(file)
    assertHealthCheck(JSON.parse(/CMD (\["node".+\])$/m.exec(file)![1]!))
    assert.equal(/^EXPOSE (\d+)$/m.exec(file)![1], String(settings.port!.default))
  })

  it('the compose file: is YAML, names files that are there, and gives time to drain', () => {
    const { tracker } = parse(read('deploy/compose.yaml')).services
    assert.ok(existsSync(`tracker/deploy/${tracker.build.context}/${tracker.build.dockerfile}`))
    for (const volume of tracker.volumes as string[])
      assert.ok(existsSync(`tracker/deploy/${volume.split(':')[0]}`), volume)
    assert.deepEqual(tracker.ports, [`${settings.port!.default}:${settings.port!.default}`])
    for (const flag of tracker.command.filter((word: string) => word.startsWith('--'))) assert.ok(flags.has(flag), flag)
    assertHealthCheck(tracker.healthcheck.test.slice(1))
    const { drain } = parse(read('deploy/tracker.yaml')) as { drain: number }
    assert.ok(Number.parseInt(tracker.stop_grace_period, 10) > drain)
  })

  it('the README: every setting is in it, and snippets for proxies fit the tracker', () => {
    const text = read('README.md')
    for (const [name, { flags: given }] of Object.entries(settings)) {
      assert.ok(text.includes(`\`${name}\``), name)
      assert.ok(text.includes(/--[\w-]+/.exec(given)![0]), given)
    }
    for (const path of PATHS) assert.ok(text.includes(path), path)
    const nginx = /```nginx\n([\s\S]*?)```/.exec(text)![1]!
    const caddy = /```caddy\n([\s\S]*?)```/.exec(text)![1]!
    for (const snippet of [nginx, caddy]) {
      assert.equal(snippet.split('{').length, snippet.split('}').length, 'its braces match')
      for (const [, port] of snippet.matchAll(/127\.0\.0\.1:(\d+)/g)) assert.equal(port, String(settings.port!.default))
    }
    for (const line of nginx.split('\n')) assert.match(line, /^\s*(#.*|.*[;{}])?$/)
    assert.ok(Number(/proxy_read_timeout (\d+)s/.exec(nginx)![1]) > 2 * SERVER_DEFAULTS.pingSeconds)
  })
})
