/** `shoal serve`: the share page, the CDN demo and their tracker on one port. This is what `npm start` runs. */
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { openDemoSite } from '../demo/site.ts'
import { parseCount, parsePort } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { pagesFolder, readPages } from './pages.ts'
import { runService } from './service.ts'

const EXAMPLES = `
Examples:
  $ shoal serve                        the share page on http://localhost:8000
  $ shoal serve --port 0               on a free port, which it prints

Pages need HTTPS to use everything of a browser, except on localhost: put a proxy with a certificate before it.
`

interface ServeOptions {
  readonly port: number
  readonly host?: string
  readonly drain: number
  readonly pages: string
}

export function serveCommand(context: CommandContext): Command {
  return new Command('serve')
    .description('serve the share page, with a tracker on the same port')
    .option('-p, --port <number>', 'port to listen on; 0 takes a free one', parsePort, 8000)
    .option('--host <address>', 'address to listen on (default: every address of this machine)')
    .option('--pages <folder>', 'built pages to serve', pagesFolder())
    .option('--drain <seconds>', 'how long clients are given to leave at the end', parseCount, 3)
    .addHelpText('after', EXAMPLES)
    .action(async (options: ServeOptions) => {
      const pages = await readPages(options.pages)
      const demo = openDemoSite(join(dirname(options.pages), 'cdn'))
      const { port, host } = options
      await runService(context, {
        tracker: {
          port,
          ...(host !== undefined && { host }),
          onRequest: async (request, response) => {
            if (!(await demo.answer(request, response))) pages.answer(request, response)
          },
        },
        drainSeconds: options.drain,
        announce: tracker => {
          const address = tracker.url.replace(/^ws/, 'http')
          context.terminal.print(`share page on ${address}/`)
          if (demo.isThere) context.terminal.print(`a site served by its visitors on ${address}/cdn/`)
          context.terminal.print(`listening on ${tracker.url}`)
        },
      })
    })
}
