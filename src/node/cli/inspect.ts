/** `shoal inspect`: says what is in a torrent or a magnet link, without asking the network. */
import { Command } from 'commander'
import { parseMagnet } from '../../metainfo/magnet.ts'
import { parseMetainfo } from '../../metainfo/metainfo.ts'
import type { CommandContext } from './context.ts'
import { readSource } from './source.ts'
import { summaryLines, summaryOfMagnet, summaryOfMetainfo } from './summary.ts'

const EXAMPLES = `
Examples:
  $ shoal inspect holiday.torrent
  $ shoal inspect 'magnet:?xt=urn:btih:…' --json
  $ curl -s https://example.org/x.torrent | shoal inspect -

--json prints one object: name, version, infoHashV1, infoHashV2, length, pieceLength, pieces,
files [{path, length, piecesRoot}], trackers, webSeeds, comment, createdBy, createdAt, private, magnet.
What is not known is null.
`

export function inspectCommand(context: CommandContext): Command {
  return new Command('inspect')
    .description('say what is in a .torrent or a magnet link')
    .argument('<source>', '.torrent file (- for standard input), magnet link or infohash')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, options: { json?: boolean }) => {
      const bytes = await readSource(source)
      const summary =
        bytes === undefined ? summaryOfMagnet(parseMagnet(source)) : summaryOfMetainfo(parseMetainfo(bytes))
      const lines = options.json ? [JSON.stringify(summary, null, 2)] : summaryLines(summary)
      for (const line of lines) context.terminal.print(line)
    })
}
