/** `shoal create` and `shoal inspect` as processes: what libtorrent made of the same files, and bad input. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { runCli, scratchFolder } from './support/cli.ts'

const VECTORS = 'test/fixtures/vectors'

interface Case {
  readonly torrent: string
  readonly pieceLength: number
  readonly files: Readonly<Record<string, number>>
  readonly infoHashV1: string | null
  readonly infoHashV2: string | null
  readonly pieces: number
}

const { cases, seed }: { cases: readonly Case[]; seed: string } = JSON.parse(
  readFileSync(join(VECTORS, 'cases.json'), 'utf8'),
)

/** As `cases.json` says: SHA-256("<seed>|<path>|<i>") for i = 0, 1, 2…, cut to length. */
function payload(path: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256').update(`${seed}|${path}|${i}`).digest(),
  )
  return Buffer.concat(blocks).subarray(0, length)
}

function versionOf({ torrent }: Case): string {
  return torrent.split('.')[1]!
}

describe('shoal create', () => {
  // A v1-only folder keeps the order in which its files were given, which a folder on disk does not tell.
  const makeable = cases.filter(vector => versionOf(vector) !== 'v1' || Object.keys(vector.files).length === 1)
  for (const vector of makeable) {
    it(`makes the infohashes that libtorrent made: ${vector.torrent}`, async t => {
      const folder = await scratchFolder(t)
      for (const [path, length] of Object.entries(vector.files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), payload(path, length))
      }
      const root = Object.keys(vector.files)[0]!.split('/')[0]!
      const args = ['--version', versionOf(vector), '--piece-length', String(vector.pieceLength)]
      const urls = ['--tracker', 'wss://tracker.example', '--web-seed', 'https://cdn.example/']
      const made = await runCli(['create', root, '-o', 'made.torrent', ...args, ...urls], { cwd: folder })
      assert.equal(made.exitCode, 0, made.stderr)

      const inspected = await runCli(['inspect', 'made.torrent', '--json'], { cwd: folder })
      const summary = JSON.parse(inspected.stdout)
      assert.equal(summary.infoHashV1, vector.infoHashV1)
      assert.equal(summary.infoHashV2, vector.infoHashV2)
      assert.deepEqual(summary.trackers, ['wss://tracker.example'])
      assert.deepEqual(summary.webSeeds, ['https://cdn.example/'])
      assert.equal(made.stdout.trim(), summary.magnet)
      assert.deepEqual(await readdir(folder), [root, 'made.torrent'].sort())
    })
  }

  it('writes to standard output, and inspect reads standard input', async t => {
    const folder = await scratchFolder(t)
    await writeFile(join(folder, 'a.txt'), 'hello')
    const made = await runCli(['create', 'a.txt', '-o', '-'], { cwd: folder })
    assert.equal(made.exitCode, 0, made.stderr)
    assert.deepEqual(await readdir(folder), ['a.txt'])
    const piped = await runCli(['inspect', '-', '--json'], { input: made.bytes })
    assert.equal(JSON.parse(piped.stdout).name, 'a.txt')
  })

  it('takes sizes with units and refuses lengths that cannot be', async t => {
    const folder = await scratchFolder(t)
    await writeFile(join(folder, 'a.txt'), 'hello')
    await runCli(['create', 'a.txt', '--piece-length', '64KiB', '-o', 'x'], { cwd: folder })
    assert.equal(JSON.parse((await runCli(['inspect', 'x', '--json'], { cwd: folder })).stdout).pieceLength, 65_536)
    for (const length of ['17', '-1', 'many', '3MiB']) {
      const refused = await runCli(['create', 'a.txt', '--piece-length', length, '-o', 'y'], { cwd: folder })
      assert.equal(refused.exitCode, 2, `${length}: ${refused.stderr}`)
    }
    assert.deepEqual(await readdir(folder), ['a.txt', 'x'])
  })
})

describe('shoal inspect', () => {
  for (const vector of cases) {
    it(`says of ${vector.torrent} what libtorrent says`, async () => {
      const { stdout, exitCode } = await runCli(['inspect', join(VECTORS, vector.torrent), '--json'])
      const summary = JSON.parse(stdout)
      assert.equal(exitCode, 0)
      assert.equal(summary.infoHashV1, vector.infoHashV1)
      assert.equal(summary.infoHashV2, vector.infoHashV2)
      assert.equal(summary.pieceLength, vector.pieceLength)
      assert.equal(summary.pieces, vector.pieces)
      const files: { path: string; length: number }[] = summary.files
      assert.deepEqual(Object.fromEntries(files.map(({ path, length }) => [path, length])), vector.files)
    })
  }

  it('reads magnet links', async () => {
    const magnet = `magnet:?xt=urn:btih:${'ab'.repeat(20)}&dn=a+file&tr=wss%3A%2F%2Ft.example&ws=https%3A%2F%2Fc.example%2F`
    const summary = JSON.parse((await runCli(['inspect', magnet, '--json'])).stdout)
    assert.equal(summary.infoHashV1, 'ab'.repeat(20))
    assert.equal(summary.infoHashV2, null)
    assert.equal(summary.name, 'a file')
    assert.deepEqual(summary.trackers, ['wss://t.example'])
    assert.deepEqual(summary.webSeeds, ['https://c.example/'])
  })

  it('speaks to people without --json', async () => {
    const { stdout } = await runCli(['inspect', join(VECTORS, 'tree.hybrid.torrent')])
    assert.match(stdout, /^infohash v2 {2}17e8afe0/m)
    assert.match(stdout, /^ {4}67 kB {2}site\/img\/ünïcode-名\.bin$/m)
  })
})

describe('bad input', () => {
  const refusals: readonly (readonly [args: readonly string[], exitCode: number, sentence: RegExp])[] = [
    [['inspect', 'nowhere.torrent'], 1, /neither a file nor a magnet link/],
    [['inspect', 'package.json'], 1, /not a valid torrent/],
    [['inspect', 'src'], 1, /is a folder/],
    [['inspect', 'magnet:?dn=nothing'], 1, /infohash/],
    [['get', 'magnet:?dn=nothing', '-o', '/nowhere'], 1, /infohash/],
    [['create', 'nowhere'], 1, /does not exist/],
    [['create', 'package.json', '-o', 'no/such/folder/x.torrent'], 1, /There is no folder no\/such\/folder/],
    [['create', 'package.json', '--version', 'v3'], 2, /hybrid, v1, v2/],
    [['create', 'package.json', '--tracker', 'http://t.example'], 2, /WebSocket URL/],
    [['create', 'package.json', '--web-seed', 'ftp://c.example'], 2, /web address/],
    [['seed', 'nowhere'], 1, /does not exist/],
    [['seed'], 2, /Name files and folders to share/],
    [['tracker', '--port', '70000'], 2, /0 to 65535/],
    [['swim'], 2, /unknown command/],
    [['inspect', '--jsno', 'x'], 2, /unknown option/],
  ]
  for (const [args, exitCode, sentence] of refusals) {
    it(`shoal ${args.join(' ')} ends with ${exitCode} and says why`, async () => {
      const outcome = await runCli(args)
      assert.equal(outcome.exitCode, exitCode, outcome.stderr)
      assert.match(outcome.stderr, sentence)
      assert.equal(outcome.stdout, '')
      assert.doesNotMatch(outcome.stderr, /^\s+at /m, 'a stack trace')
    })
  }
})

describe('help', () => {
  for (const command of [
    'serve',
    'tracker',
    'seed',
    'get',
    'create',
    'inspect',
    'keygen',
    'build',
    'sign',
    'verify',
    'publish',
  ]) {
    it(`shoal ${command} --help shows examples`, async () => {
      const { stdout, exitCode } = await runCli([command, '--help'])
      assert.equal(exitCode, 0)
      assert.match(stdout, new RegExp(`Usage: shoal ${command}`))
      assert.match(stdout, /Examples:/)
    })
  }

  it('prints the version of the package, and create keeps --version for itself', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'))
    assert.equal((await runCli(['--version'])).stdout, `${version}\n`)
  })
})
