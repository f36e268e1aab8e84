/** `shoal seed`: shares files and folders for as long as it runs. */
import { Command } from 'commander'
import {
  collectWebSeeds,
  defaultTrackers,
  iceServerOption,
  iceServers,
  parseSize,
  trackerOption,
  versionOption,
} from './arguments.ts'
import type { CommandContext } from './context.ts'
import { follow, seedStatus } from './follow.ts'
import { formatBytes, formatCount } from './format.ts'
import { skipReporter } from './skip-reporter.ts'

const EXAMPLES = `
Examples:
  $ shoal seed film.mkv                                  through the tracker on this machine
  $ shoal seed holiday/ --tracker wss://tracker.example  a folder
  $ shoal seed a.txt b.txt --name papers                 several files as one torrent

Prints the magnet link on standard output. Ctrl-C ends the sharing.
Without --tracker: what SHOAL_TRACKER names, else ws://localhost:8000, where shoal tracker listens.
`

interface SeedOptions {
  readonly tracker?: string[]
  readonly webSeed?: string[]
  readonly iceServer?: string[]
  readonly name?: string
  readonly comment?: string
  readonly version?: 'hybrid' | 'v1' | 'v2'
  readonly pieceLength?: number
}

export function seedCommand(context: CommandContext): Command {
  return new Command('seed')
    .description('share files and folders; prints the magnet link')
    .argument('<path...>', 'files and folders')
    .addOption(trackerOption('tracker to meet peers at'))
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
    .action((paths: string[], options: SeedOptions) => seed(context, paths, options))
}

async function seed(context: CommandContext, paths: readonly string[], options: SeedOptions): Promise<void> {
  const { terminal, environment } = context
  const trackers = options.tracker ?? defaultTrackers(environment)
  const { Shoal, filesFromDisk } = await import('../index.ts')
  const files = await filesFromDisk(paths, { onSkip: skipReporter(terminal) })
  await using shoal = new Shoal({ trackers, ...(options.iceServer && { iceServers: iceServers(options.iceServer) }) })
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
