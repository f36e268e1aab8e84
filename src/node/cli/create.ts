/** `shoal create`: makes a .torrent of a file or a folder. */
import { randomBytes } from 'node:crypto'
import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Command } from 'commander'
import { createTorrent } from '../../create.ts'
import { encodeMetainfo } from '../../metainfo/metainfo.ts'
import { filesFromDisk } from '../disk-files.ts'
import { collectWebSeeds, parseSize, trackerOption, versionOption } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { CommandError } from './failure.ts'
import { formatBytes, formatCount } from './format.ts'
import { hashingProgress } from './hashing-progress.ts'
import { magnetOf } from './summary.ts'
import { skipReporter } from './skip-reporter.ts'

const EXAMPLES = `
Examples:
  $ shoal create film.mkv                                      makes film.mkv.torrent
  $ shoal create holiday/ -o h.torrent --tracker wss://t.example --web-seed https://cdn.example/
  $ shoal create holiday/ --version v1 --piece-length 256KiB -o - | shoal inspect -

Prints the magnet link. A web seed that ends in / has the files under the torrent's name.
`

interface CreateOptions {
  readonly output?: string
  readonly version?: 'hybrid' | 'v1' | 'v2'
  readonly pieceLength?: number
  readonly tracker?: string[]
  readonly webSeed?: string[]
  readonly name?: string
  readonly comment?: string
  readonly private?: boolean
}

export function createCommand(context: CommandContext): Command {
  return new Command('create')
    .description('make a .torrent of a file or a folder')
    .argument('<path>', 'file or folder')
    .option('-o, --output <file>', 'where it goes; - for standard output (default: <name>.torrent)')
    .addOption(versionOption())
    .option(
      '--piece-length <bytes>',
      'length of a piece, a power of two: 65536, 64KiB, 1MiB (default: fits the files)',
      parseSize,
    )
    .addOption(trackerOption('tracker to name in it'))
    .option('-w, --web-seed <url>', 'web address that has the same files; repeat for more', collectWebSeeds)
    .option('-n, --name <name>', "name of the torrent (default: the path's)")
    .option('-c, --comment <text>', 'comment')
    .option('--private', 'peers may come from its trackers only')
    .addHelpText('after', EXAMPLES)
    .action((path: string, options: CreateOptions) => create(context, path, options))
}

async function create(context: CommandContext, path: string, options: CreateOptions): Promise<void> {
  const { terminal, signal } = context
  const torrent = await createTorrent(await filesFromDisk([path], { onSkip: skipReporter(terminal) }), {
    signal,
    name: options.name,
    version: options.version,
    pieceLength: options.pieceLength,
    trackers: options.tracker,
    webSeeds: options.webSeed,
    comment: options.comment,
    private: options.private,
    onProgress: hashingProgress(terminal),
  })
  terminal.clear()
  for (const warning of torrent.warnings) terminal.note(`shoal: ${warning}`)
  const bytes = encodeMetainfo(torrent)
  if (options.output === '-') {
    context.writeBytes(bytes)
    return
  }
  const output = options.output ?? `${torrent.name}.torrent`
  await writeWhole(output, bytes)
  const { files, totalBytes, version } = torrent.layout
  terminal.note(`${output}: ${formatCount(files.length, 'file')}, ${formatBytes(totalBytes)}, ${version}`)
  terminal.print(magnetOf(torrent))
}

/**
 * Beside the file first, then in its place: an interruption leaves the old file or the new one, never a half.
 * @throws CommandError when there is no such folder
 */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) throw new CommandError(`${path} is a folder. Name the file that the torrent goes to.`)
  // /dev/stdout and pipes are written to, not replaced.
  if (found !== undefined && !found.isFile()) return writeFile(path, bytes)
  const draft = `${path}.${randomBytes(4).toString('hex')}.tmp`
  try {
    await writeFile(draft, bytes)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new CommandError(`There is no folder ${dirname(path)}. Make it first, or choose another with -o.`)
    }
    throw error instanceof Error ? Object.assign(error, { path }) : error
  }
}
