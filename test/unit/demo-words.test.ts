import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Facts } from '../../demo/facts.ts'
import { languageFor } from '../../demo/language.ts'
import { infoHashOf, linkTo, trackerOf } from '../../demo/link.ts'
import { closeWords, figureWords, statusWords, titleWords } from '../../demo/words.ts'
import { NO_FACTS } from '../fixtures/share-facts.ts'

const english = await languageFor(['en'])

function status(facts: Partial<Facts>, language = english): string {
  return statusWords({ ...NO_FACTS, ...facts }, language)
}

describe('the words of the share page', () => {
  it('say how long the link will take, once that is more than a guess', () => {
    const hashing = { phase: 'hashing', fileCount: 3, elapsedMs: 2_000 } as const
    assert.equal(status({ ...hashing, progress: 0.01 }), 'Preparing 3 files…')
    assert.equal(status({ ...hashing, progress: 0.1 }), 'Preparing 3 files… link in about 20 s')
  })

  it('say whom joining has found', () => {
    assert.equal(status({ phase: 'joining' }), 'Looking for someone who has these files…')
    assert.equal(status({ phase: 'joining', foundCount: 1 }), 'Found 1 peer. Connecting…')
  })

  it('tell an idle sender to keep the tab open, and a busy one who is there', () => {
    const seeding = { phase: 'seeding', isOwn: true } as const
    assert.equal(status(seeding), 'Keep this tab open. The link works while someone has the files open.')
    assert.equal(status({ ...seeding, leechesCount: 2, copiesCount: 1 }), '2 downloading · 2 full copies online')
    assert.equal(status({ ...seeding, leechesCount: 1 }), '1 downloading · 1 full copy online')
  })

  it('let a tab be closed exactly when another full copy is online', () => {
    const close = (facts: Partial<Facts>): string => closeWords({ ...NO_FACTS, ...facts }, english)
    assert.match(close({ phase: 'seeding', copiesCount: 1, isOwn: true }), /^You can close this tab/)
    assert.match(close({ phase: 'seeding', copiesCount: 1, isSaved: true }), /^You can close this tab/)
    assert.equal(close({ phase: 'seeding', copiesCount: 1 }), '', 'what was received is not saved yet')
    assert.equal(close({ phase: 'seeding', copiesCount: 0, leechesCount: 5, isOwn: true }), '')
    assert.equal(close({ phase: 'downloading', copiesCount: 3 }), '')
  })

  it('thank whoever has saved, by saying whom it helps', () => {
    const saved = { phase: 'seeding', isSaved: true } as const
    assert.equal(status({ ...saved, leechesCount: 2 }), 'Saved and verified. Still helping 2 people.')
    assert.match(status(saved), /^Saved and verified\. While/)
  })

  it('keep what is there when the connection is lost, and count down', () => {
    const alone = { phase: 'downloading', progress: 0.4 } as const
    assert.match(status({ ...alone, isOwn: true }), /no longer lets.*drop them again/)
    assert.equal(status({ ...alone, elapsedMs: 1_000, idleMs: 1_000 }), 'Connecting…')
    assert.match(status({ ...alone, elapsedMs: 9_000, idleMs: 9_000 }), /^Connection lost\. Progress kept; looking/)
    const meeting = { state: 'down', host: 's.example', retryMs: 3_200 } as const
    assert.equal(
      status({ ...alone, elapsedMs: 9_000, idleMs: 9_000, meeting }),
      'Connection lost. Progress kept; retrying in 4 s',
    )
  })

  it('notice a transfer that has stalled', () => {
    const connected = { phase: 'downloading', peersCount: 1 } as const
    assert.match(status({ ...connected, idleMs: 100 }), /^Downloading/)
    assert.match(status({ ...connected, idleMs: 8_000 }), /^Waiting/)
  })

  it('put the figures of a download in one line, as its reader writes them', async () => {
    const facts: Facts = {
      ...NO_FACTS,
      phase: 'downloading',
      progress: 0.43,
      lengthBytes: 1_200_000_000,
      peersCount: 3,
      downloadBytesPerSecond: 8_400_000,
      remainingMs: 61_000,
    }
    const figures = (language: typeof english): string => figureWords(facts, language).replaceAll('\u00a0', ' ')
    assert.equal(figures(english), '43 % of 1.2 GB · 8.4 MB/s · about 1 min · 3 peers')
    assert.equal(figures(await languageFor(['de'])), '43 % von 1,2 GB · 8,4 MB/s · etwa 1 min · 3 Gegenüber')
    // A line ends between two of them, and after the dot.
    assert.equal(figureWords(facts, english).split(' ').length, 4)
    assert.equal(titleWords(facts, 'holiday', english), '43 % holiday – Shoal')
  })

  it('never say 100 % before it is so', () => {
    const facts = { ...NO_FACTS, phase: 'downloading', progress: 0.9999, lengthBytes: 1 } as const
    assert.match(figureWords(facts, english), /^99\s%/)
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
