import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { infoHashOf, linkTo, trackerOf } from '../../demo/link.ts'
import { type Facts, figureWords, statusWords, titleWords } from '../../demo/words.ts'

const NOTHING: Facts = {
  state: 'joining',
  progress: 0,
  lengthBytes: 0,
  fileCount: 0,
  peersCount: 0,
  leechesCount: 0,
  seedsCount: 0,
  downloadBytesPerSecond: 0,
  uploadBytesPerSecond: 0,
  uploadedBytes: 0,
  remainingMs: Number.POSITIVE_INFINITY,
  elapsedMs: 0,
  idleMs: 0,
  isOwn: false,
}

function status(facts: Partial<Facts>): string {
  return statusWords({ ...NOTHING, ...facts })
}

describe('the words of the share page', () => {
  it('say how long the link will take, once that is more than a guess', () => {
    const hashing = { state: 'hashing', fileCount: 3, elapsedMs: 2_000 } as const
    assert.equal(status({ ...hashing, progress: 0.01 }), 'Preparing 3 files…')
    assert.equal(status({ ...hashing, progress: 0.1 }), 'Preparing 3 files… link in about 20 s')
  })

  it('tell an idle sender to keep the tab open, and a busy one who is there', () => {
    const seeding = { state: 'seeding', isOwn: true } as const
    assert.match(status(seeding), /^Keep this tab open/)
    assert.equal(
      status({ ...seeding, leechesCount: 2, seedsCount: 1, peersCount: 3 }),
      '2 downloading · 2 full copies online',
    )
    assert.equal(status({ ...seeding, leechesCount: 1, peersCount: 1 }), '1 downloading · 1 full copy online')
  })

  it('are patient first, then say what can be done, when nobody is there', () => {
    assert.match(status({ ...NOTHING, state: 'downloading', isOwn: true }), /no longer lets.*drop them again/)
    const alone = { state: 'downloading', progress: 0.4 } as const
    assert.equal(status({ ...alone, elapsedMs: 1_000, idleMs: 1_000 }), 'Connecting…')
    assert.match(status({ ...alone, elapsedMs: 9_000, idleMs: 9_000 }), /^Connection lost\. Progress is kept/)
    assert.match(status({ ...alone, elapsedMs: 60_000, idleMs: 30_000 }), /Ask the sender to reopen their tab/)
  })

  it('notice a transfer that has stalled', () => {
    const connected = { state: 'downloading', peersCount: 1 } as const
    assert.match(status({ ...connected, idleMs: 100 }), /^Downloading/)
    assert.match(status({ ...connected, idleMs: 8_000 }), /^Waiting/)
  })

  it('put the figures of a download in one line', () => {
    const facts: Facts = {
      ...NOTHING,
      state: 'downloading',
      progress: 0.43,
      lengthBytes: 1_200_000_000,
      peersCount: 3,
      downloadBytesPerSecond: 8_400_000,
      remainingMs: 61_000,
    }
    assert.equal(figureWords(facts), '43 % of 1.2 GB · 8.4 MB/s · about 1 min · 3 peers')
    assert.equal(titleWords(facts, 'holiday'), '43 % holiday – Shoal')
  })

  it('never say 100 % before it is so', () => {
    assert.match(figureWords({ ...NOTHING, state: 'downloading', progress: 0.9999, lengthBytes: 1 }), /^99 %/)
  })
})

describe('links of the share page', () => {
  const hash = 'ab'.repeat(20)

  it('carry the infohash in the fragment', () => {
    const link = linkTo(hash, { origin: 'https://s.example', pathname: '/share/' })
    assert.equal(link, `https://s.example/share/#${hash}`)
    assert.equal(infoHashOf(new URL(link).hash), hash)
  })

  it('are read in upper case too, and refused when they are not whole', () => {
    assert.equal(infoHashOf(`#${hash.toUpperCase()}`), hash)
    assert.equal(infoHashOf(`#${hash}${hash.slice(0, 24)}`), hash + hash.slice(0, 24))
    for (const fragment of ['', '#', `#${hash.slice(1)}`, `#${hash}0`, '#magnet:?', `#${hash}/..`]) {
      assert.equal(infoHashOf(fragment), undefined)
    }
  })

  it('lead to the tracker of their own page', () => {
    assert.equal(trackerOf({ protocol: 'https:', host: 's.example' }), 'wss://s.example')
    assert.equal(trackerOf({ protocol: 'http:', host: 'localhost:8000' }), 'ws://localhost:8000')
  })
})
