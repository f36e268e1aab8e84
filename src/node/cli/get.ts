/** `shoal get`: receives a torrent into a folder; run again, it goes on where it stopped. */
import { join } from 'node:path'
import { Command } from 'commander'
import { parseMagnet } from '../../metainfo/magnet.ts'
import { parseMetainfo } from '../../metainfo/metainfo.ts'
import { defaultTrackers, iceServerOption, iceServers, parseCount, trackerOption } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { downloadStatus, follow, seedStatus } from './follow.ts'
import { formatBytes, formatCount, formatPercent } from './format.ts'
import { readSource } from './source.ts'

const EXAMPLES = `
Examples:
  $ shoal get 'magnet:?xt=urn:btih:…' -o Downloads      quotes keep the shell away from the link
  $ shoal get holiday.torrent -o Downloads --seed       and go on sharing it

Prints the path of what was received. Ctrl-C stops; the same command goes on where it stopped.
Trackers are those of the torrent and of --tracker; where there are none, what SHOAL_TRACKER names, else
ws://localhost:8000.
`

interface GetOptions {
  readonly output: string
  readonly tracker?: string[]
  readonly iceServer?: string[]
  readonly timeout?: number
  readonly seed?: boolean
  readonly allowPrivate?: boolean
}

export function getCommand(context: CommandContext): Command {
  return new Command('get')
    .description('receive a torrent')
    .argument('<source>', 'magnet link, .torrent file (- for standard input) or its web address, or infohash')
    .option('-o, --output <folder>', 'folder that the files go to', '.')
    .addOption(trackerOption('another tracker to meet peers at'))
    .option('--timeout <seconds>', 'give up when nothing arrives for so long (default: never)', parseCount)
    .option('--allow-private', 'let the torrent name trackers and web seeds on private addresses, as this machine')
    .option('--seed', 'go on sharing when all is there')
    .addOption(iceServerOption())
    .addHelpText('after', EXAMPLES)
    .action((source: string, options: GetOptions) => get(context, source, options))
}

async function get(context: CommandContext, source: string, options: GetOptions): Promise<void> {
  const { terminal, signal, environment } = context
  const { Shoal, fileStore } = await import('../index.ts')
  const torrentFile = await readSource(source)
  const named = trackersOf(torrentFile ?? source)
  const usual = defaultTrackers(environment)
  // One that is named by both is the user's, and may be on this machine.
  const trackers = options.tracker ?? (named.length > 0 ? usual.filter(url => named.includes(url)) : usual)
  await using shoal = new Shoal({
    trackers,
    store: fileStore({ directory: options.output }),
    allowPrivateAddresses: options.allowPrivate === true,
    ...(options.iceServer && { iceServers: iceServers(options.iceServer) }),
  })
  const torrent = shoal.add(torrentFile ?? source)
  const idleMsMax = options.timeout === undefined ? Number.POSITIVE_INFINITY : options.timeout * 1000
  try {
    await follow(torrent, context, { until: torrent.ready, status: downloadStatus, idleMsMax })
    terminal.note(`${torrent.name}: ${formatCount(torrent.files.length, 'file')}, ${formatBytes(torrent.length)}`)
    await follow(torrent, context, { until: torrent.done, status: downloadStatus, idleMsMax })
  } catch (error) {
    if (signal.aborted)
      terminal.note(`Stopped at ${formatPercent(torrent.progress)}. The same command goes on from there.`)
    throw error
  }
  terminal.note('All pieces are there and verified.')
  terminal.print(join(options.output, torrent.name))
  if (options.seed) await follow(torrent, context, { until: new Promise(() => undefined), status: seedStatus })
}

/**
 * Where the source says itself that its peers meet. That of a web address is not known yet.
 * @throws ShoalError `invalid-magnet`, `invalid-torrent`
 */
function trackersOf(source: Uint8Array | string): readonly string[] {
  if (typeof source !== 'string') return parseMetainfo(source).trackers.flat()
  return /^https?:/i.test(source) ? [] : parseMagnet(source).trackers
}
