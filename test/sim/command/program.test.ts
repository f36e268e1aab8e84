/** The simulator's command: what it prints, how it fails, how it is stopped. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Stopped } from '../../../src/node/cli/failure.ts'
import { HOME, KiB } from '../scenarios.ts'
import { createTorrent } from '../torrent.ts'
import { World } from '../world.ts'
import type { CommandContext } from './drive.ts'
import { runSimulator } from './program.ts'
import { SCENARIOS, type Scenario } from './registry.ts'
import { soak } from './soak.ts'

interface Result {
  readonly exitCode: number
  readonly printed: string
  readonly noted: string
}

function contextOf(lines: { printed: string[]; noted: string[] }, signal = new AbortController().signal) {
  let now = 0
  return {
    terminal: {
      print: line => lines.printed.push(line),
      note: line => lines.noted.push(line),
      status: () => undefined,
      clear: () => undefined,
    },
    signal,
    now: () => now++,
    processorMs: () => now++,
  } satisfies CommandContext
}

async function run(command: string, signal?: AbortSignal): Promise<Result> {
  const lines = { printed: [] as string[], noted: [] as string[] }
  const exitCode = await runSimulator(command.split(' ').filter(Boolean), contextOf(lines, signal))
  return { exitCode, printed: lines.printed.join('\n'), noted: lines.noted.join('\n') }
}

describe('npm run sim', () => {
  it('names its scenarios', async () => {
    const { exitCode, printed } = await run('--list')
    assert.equal(exitCode, 0)
    for (const name of ['equal', 'crowd', 'random']) assert.match(printed, new RegExp(`^${name} `, 'm'))
  })

  it('names every scenario once, as it can be typed', () => {
    const names = SCENARIOS.map(({ name }) => name)
    assert.equal(new Set(names).size, names.length)
    for (const name of names) assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/)
  })

  it('runs a named case', async () => {
    const { exitCode, printed } = await run('--scenario web-seed-breaks-down')
    assert.equal(exitCode, 0)
    assert.match(printed, /from the origin +[1-9]/)
  })

  it('measures the scheduler against a goal', async () => {
    const { exitCode, printed } = await run('--report sybils --seeds 2')
    assert.equal(exitCode, 0)
    assert.match(
      printed,
      /\| 90 % silent Sybils, an origin \| last ÷ origin only \| [\d.]+ \([\d.]+–[\d.]+\) \| ≤ 1.1 \| \d of 2 \|/,
    )
  })

  it('names the goals to whoever asks for another', async () => {
    const { exitCode, noted } = await run('--report speed')
    assert.equal(exitCode, 2)
    assert.match(noted, /There is no goal speed\. There are: equal-100, /)
  })

  it('measures itself, with checkers and without', async () => {
    const { exitCode, printed } = await run('--bench --peers 1')
    assert.equal(exitCode, 0)
    const rows = printed.split('\n').map(row => row.split(/\s{2,}/))
    assert.deepEqual(
      rows.map(row => row.slice(0, 3)),
      [
        ['peers', 'checkers', 'complete'],
        ['1', 'yes', '1 of 1'],
        ['1', 'no', '1 of 1'],
      ],
    )
  })

  it('sums a run up, the same for the same seed', async () => {
    const [first, second, other] = await Promise.all(
      [3, 3, 4].map(seed => run(`--scenario small --peers 2 --seed ${seed}`)),
    )
    assert.equal(first!.exitCode, 0)
    assert.match(first!.printed, /complete +2 of 2/)
    assert.match(first!.printed, /last +[\d.]+ s +[\d.]+ T\*/)
    const hash = ({ printed }: Result) => /trace +([0-9a-f]{8})/.exec(printed)?.[1]
    assert.equal(hash(first!), hash(second!))
    assert.notEqual(hash(first!), hash(other!))
  })

  it('prints every event on request', async () => {
    const { printed } = await run('--scenario small --peers 1 --trace')
    assert.match(printed, /leech-0 ← \{"type":"send","peer":\d+,"message":\{"type":"request"/)
    assert.match(printed, /leech-0 → .*"type":"piece"/)
  })

  const mistakes: readonly [command: string, sentence: RegExp][] = [
    ['', /Say --scenario NAME/],
    ['--scenario nowhere', /There is no scenario nowhere; there are equal, /],
    ['--scenario small --seed x', /--seed.*A whole number is needed/],
    ['--scenario small --peers 0', /--peers needs 1 at the least/],
    ['--scenario random --peers 4', /leave --peers out/],
    ['--scenario small --minutes 3', /--minutes are for --soak/],
    ['--soak', /needs --minutes or --count/],
    ['--soak --count 1 --scenario small', /cannot be used with/],
    ['--soak --count 1 --trace', /--trace is for --scenario/],
    ['small', /too many arguments|too many/i],
    ['--bogus', /unknown option '--bogus'/],
  ]
  for (const [command, sentence] of mistakes) {
    it(`says what is wrong with: ${command || 'nothing'}`, async () => {
      const { exitCode, printed, noted } = await run(command)
      assert.equal(exitCode, 2)
      assert.match(noted, sentence)
      assert.equal(printed, '')
    })
  }

  it('ends with the figures so far when it is stopped', async () => {
    const { exitCode, printed, noted } = await run('--scenario equal', AbortSignal.abort(new Stopped('SIGINT')))
    assert.equal(exitCode, 130)
    assert.match(noted, /Stopped by SIGINT; so far/)
    assert.match(printed, /complete +0 of 100/)
  })
})

describe('the soak', () => {
  it('counts the swarms that it ran', async () => {
    const { exitCode, printed } = await run('--soak --count 3 --seed 5')
    assert.equal(exitCode, 0)
    assert.match(printed, /^3 random swarms \(seeds 5 to 7\), .* 0 violations$/)
  })

  it('tells the seed of a violation and how to replay it', async () => {
    // Nobody has anything, so that the leech of seed 12 never ends.
    const build = (seed: number) => {
      const world = new World({ scenario: 'planted', seed, torrent: createTorrent({ bytes: 64 * KiB }) })
      if (seed !== 12) world.add({ name: 'seed', isSeed: true, line: HOME })
      world.add({ name: 'leech', line: HOME })
      return world
    }
    const scenario: Scenario = { name: 'planted', summary: '', limitMs: 60_000, build: ({ seed }) => build(seed) }
    const context = contextOf({ printed: [], noted: [] })
    await assert.rejects(soak({ scenario, firstSeed: 10, countMax: 5, durationMaxMs: 60_000 }, context), {
      name: 'CommandError',
      message: /planted, seed 12, .*the goal was not reached[\s\S]*npm run sim -- --scenario planted --seed 12$/,
    })
  })
})
