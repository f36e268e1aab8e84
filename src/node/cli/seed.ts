/** `shoal seed`: shares files and folders, or a whole site, for as long as it runs. */
import { Command } from 'commander'
import {
  collectWebSeeds,
  defaultTrackers,
  iceServerOption,
  iceServers,
  parseCount,
  parseRate,
  parseSize,
  trackerOption,
  versionOption,
} from './arguments.ts'
import type { CommandContext } from './context.ts'
import { UsageError } from './failure.ts'
import { follow, seedStatus } from './follow.ts'
import { formatBytes, formatCount } from './format.ts'
import { skipReporter } from './skip-reporter.ts'

const EXAMPLES = `
Examples:
  $ shoal seed film.mkv                                  through the tracker on this machine
  $ shoal seed holiday/ --tracker wss://tracker.example  a folder
  $ shoal seed a.txt b.txt --name papers                 several files as one torrent
  $ shoal seed --site dist                               a site, from the folder that shoal build was run on
  $ shoal seed --site https://example.org/ --key KEY     a site, from any machine; --rate 2M sends 2 MiB/s at most

Prints the magnet link on standard output; of a site, the version and the key of each deploy. Ctrl-C ends the sharing.
Without --tracker: what SHOAL_TRACKER names, else ws://localhost:8000, where shoal tracker listens. A site names its own.

With --site every listed file is verified, and each deploy that follows takes the place of the one before. From an address, what is missing is
fetched from there and from peers, and kept in a folder for the next run.
`

interface SeedOptions {
  readonly tracker?: string[]
  readonly webSeed?: string[]
  readonly iceServer?: string[]
  readonly name?: string
  readonly comment?: string
  readonly version?: 'hybrid' | 'v1' | 'v2'
  readonly pieceLength?: number
  readonly site?: string
  readonly key?: string
  readonly config?: string
  readonly seederKey?: string
  readonly rate?: number
  readonly store?: string
  readonly poll?: number
}

/** Options that say how a torrent is made; that of a site is made. */
const MAKING = ['webSeed', 'name', 'comment', 'version', 'pieceLength'] as const
/** Options that only a site has. */
const OF_SITES = ['config', 'key', 'seederKey', 'store', 'poll'] as const

export function seedCommand(context: CommandContext): Command {
  return new Command('seed')
    .description('share files and folders, or a site; prints the magnet link')
    .argument('[path...]', 'files and folders')
    .addOption(trackerOption('tracker to meet peers at'))
    .option('--rate <bytes/s>', 'send no more than this: 500k, 2M (default: no cap)', parseRate)
    .option('--site <url|folder>', 'share all that a site lists, deploy after deploy')
    .option('--config <file>', 'configuration of a site from a folder (default: shoal.config.json, if it is there)')
    .option('-k, --key <file|hex>', "key that the site's pages name (default: the first that is seen)")
    .option('--seeder-key <file>', "proves that it is the site's own: its public half is in the policy, as trusted")
    .option('--store <folder>', 'where a site from an address is kept (default: shoal-<host>)')
    .option('--poll <seconds>', 'how often to look for a new deploy (default: 900; of a folder 2)', parseCount)
    .option('-w, --web-seed <url>', 'web address that has the same files; repeat for more', collectWebSeeds)
    .option('-n, --name <name>', "name of the torrent (default: the path's)")
    .option('-c, --comment <text>', 'comment in the torrent')
    .addOption(versionOption())
    .option(
      '--piece-length <bytes>',
      'length of a piece, a power of two: 65536, 64KiB, 1MiB (default: fits the files)',
      parseSize,
    )
    .addOption(iceServerOption())
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], options: SeedOptions) => {
      checkOptions(paths, options)
      if (options.site === undefined) return seed(context, paths, options)
      const { seedSite } = await import('./seed-site.ts')
      return seedSite(context, { ...options, site: options.site })
    })
}

/** @throws UsageError when the options do not go together */
function checkOptions(paths: readonly string[], options: SeedOptions): void {
  const isSite = options.site !== undefined
  if (isSite === paths.length > 0) throw new UsageError('Name files and folders to share, or a site with --site.')
  const wrong = (isSite ? MAKING : OF_SITES).find(name => options[name] !== undefined)
  const flag = wrong?.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  if (flag !== undefined)
    throw new UsageError(`--${flag} is for ${isSite ? 'files and folders' : 'sites'}: leave it out.`)
}

async function seed(context: CommandContext, paths: readonly string[], options: SeedOptions): Promise<void> {
  const { terminal, environment } = context
  const trackers = options.tracker ?? defaultTrackers(environment)
  const { Shoal, filesFromDisk } = await import('../index.ts')
  const files = await filesFromDisk(paths, { onSkip: skipReporter(terminal) })
  await using shoal = new Shoal({
    trackers,
    ...(options.iceServer && { iceServers: iceServers(options.iceServer) }),
    ...(options.rate !== undefined && { uploadBytesPerSecond: options.rate }),
  })
  const torrent = shoal.seed(files, {
    ...(options.webSeed && { webSeeds: options.webSeed }),
    ...(options.name !== undefined && { name: options.name }),
    ...(options.comment !== undefined && { comment: options.comment }),
    ...(options.version && { version: options.version }),
    ...(options.pieceLength !== undefined && { pieceLength: options.pieceLength }),
  })
  await follow(torrent, context, { until: torrent.ready, status: seedStatus })
  terminal.note(
    `${torrent.name}: ${formatCount(torrent.files.length, 'file')}, ${formatBytes(torrent.length)}, ${torrent.version}`,
  )
  terminal.print(torrent.magnetURI)
  await follow(torrent, context, { until: new Promise(() => undefined), status: seedStatus })
}
