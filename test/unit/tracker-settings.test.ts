/** Settings of a tracker: from a file, the environment and flags, and none that is misspelt. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nearest, resolveSettings, type Settings, type Sources, type Values } from '../../src/node/cli/settings.ts'
import { TRACKER_PREFIX, TRACKER_SETTINGS } from '../../src/node/cli/tracker-settings.ts'

function resolve(sources: Partial<Omit<Sources, 'file'>> & { file?: string }): Values {
  const { file, environment = {}, flags = {} } = sources
  const text = file === undefined ? undefined : { name: 'tracker.yaml', text: file }
  return resolveSettings(TRACKER_SETTINGS as unknown as Settings, TRACKER_PREFIX, { file: text, environment, flags })
}

describe('the settings of a tracker', () => {
  it('have defaults', () => {
    const { port, drain, interval, workers, logLevel, logAddresses, ...others } = resolve({})
    assert.deepEqual([port, drain, interval, workers, logLevel, logAddresses], [8000, 3, 120, 1, 'info', false])
    assert.deepEqual(others, {})
  })

  it('come from the file, before that from the environment, before that from flags', () => {
    const file = 'port: 1\nhost: file\ndrain: 1'
    const environment = { SHOAL_TRACKER_PORT: '2', SHOAL_TRACKER_HOST: 'environment', SHOAL_TRACKER: 'ws://elsewhere' }
    const { port, host, drain } = resolve({ file, environment, flags: { port: 3 } })
    assert.deepEqual([port, host, drain], [3, 'environment', 1])
  })

  it('are lists and maps in the file, and words in the environment', () => {
    const lists = {
      allowedOrigins: ['https://a.example', 'https://b.example'],
      limits: { connectionsMax: 5, pingSeconds: 0.5 },
    }
    const file =
      'allowedOrigins:\n  - https://a.example\n  - https://b.example\nlimits: { connectionsMax: 5, pingSeconds: 0.5 }'
    const environment = {
      SHOAL_TRACKER_ALLOWED_ORIGINS: 'https://a.example, https://b.example',
      SHOAL_TRACKER_LIMITS: 'connectionsMax=5 pingSeconds=0.5',
    }
    for (const { allowedOrigins, limits } of [resolve({ file }), resolve({ environment })])
      assert.deepEqual({ allowedOrigins, limits }, lists)
  })

  for (const [what, sources, complaint] of [
    ['a key', { file: 'portt: 1' }, /tracker\.yaml: there is no portt. Did you mean port\?/],
    ['a limit', { file: 'limits: { conectionsMax: 1 }' }, /Did you mean connectionsMax\?/],
    ['a variable', { environment: { SHOAL_TRACKER_HOSST: 'x' } }, /Did you mean SHOAL_TRACKER_HOST\?/],
    ['a value', { file: 'port: many' }, /port in tracker\.yaml: A whole number/],
    ['a list where one value belongs', { file: 'port: [1, 2]' }, /port in tracker\.yaml must be one value/],
    ['a map in a list', { file: 'allowedOrigins: [{ a: 1 }]' }, /must be a list/],
    ['YAML', { file: 'port: [1' }, /tracker\.yaml: /],
    ['a file that is no map', { file: '- 1' }, /names and values/],
    ['a limit below what is a number', { file: 'limits: { connectionsMax: -1 }' }, /A number is needed/],
    ['a network', { file: 'trustedProxies: [10.0.0.0/99]' }, /An address or network/],
    ['a level', { environment: { SHOAL_TRACKER_LOG_LEVEL: 'loud' } }, /silent, error/],
  ] as const) {
    it(`refuse ${what} that is wrong, and say where`, () => {
      assert.throws(() => resolve(sources), { name: 'UsageError', message: complaint })
    })
  }

  it('may be left empty in the file', () => {
    assert.equal(resolve({ file: '' }).port, 8000)
    assert.equal(resolve({ file: 'host:\nport: 7' }).port, 7)
  })

  it('know the nearest name', () => {
    assert.equal(nearest('Conections', ['port', 'connections', 'host']), 'connections')
  })
})
