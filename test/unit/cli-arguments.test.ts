import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  collectIceServers,
  collectTrackers,
  collectWebSeeds,
  defaultTrackers,
  iceServers,
  parseCount,
  parsePort,
  parseSize,
} from '../../src/node/cli/arguments.ts'

describe('values of options', () => {
  it('reads sizes in bytes and binary units', () => {
    assert.deepEqual(['16384', '16KiB', '16k', '1MiB', '1 m', '2Gi'].map(parseSize), [
      16_384,
      16_384,
      16_384,
      2 ** 20,
      2 ** 20,
      2 ** 31,
    ])
    for (const text of ['', 'KiB', '1.5MiB', '-1', '1TiB', '0x10', '1e6']) assert.throws(() => parseSize(text), text)
  })

  it('reads ports and counts', () => {
    assert.equal(parsePort('0'), 0)
    assert.equal(parsePort('65535'), 65_535)
    for (const text of ['65536', '-1', '80a', '']) assert.throws(() => parsePort(text), text)
    assert.equal(parseCount('007'), 7)
  })

  it('collects repeated URLs, each of its kind only', () => {
    assert.deepEqual(collectTrackers('wss://b.example', ['ws://a.example']), ['ws://a.example', 'wss://b.example'])
    assert.deepEqual(collectWebSeeds('https://c.example/'), ['https://c.example/'])
    for (const text of ['http://a.example', 'a.example', 'udp://a.example']) {
      assert.throws(() => collectTrackers(text), /WebSocket URL/)
    }
    assert.throws(() => collectWebSeeds('file:///etc/passwd'), /web address/)
    assert.throws(() => collectIceServers('https://a.example'), /stun:/)
  })

  it('takes trackers from the environment, else the one on this machine', () => {
    assert.deepEqual(defaultTrackers({}), ['ws://localhost:8000'])
    assert.deepEqual(defaultTrackers({ SHOAL_TRACKER: 'wss://a.example, wss://b.example' }), [
      'wss://a.example',
      'wss://b.example',
    ])
    assert.throws(() => defaultTrackers({ SHOAL_TRACKER: 'nonsense' }), /SHOAL_TRACKER/)
  })

  it('takes the credentials out of TURN addresses', () => {
    assert.deepEqual(iceServers(['stun:s.example:3478', 'turn:me:p%40ss@t.example:3478?transport=tcp']), [
      { urls: 'stun:s.example:3478' },
      { urls: 'turn:t.example:3478?transport=tcp', username: 'me', credential: 'p@ss' },
    ])
  })
})
