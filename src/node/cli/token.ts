/** `shoal token`: a join token for a private tracker, as a site's backend makes them. */
import { Command, InvalidArgumentError } from 'commander'
import { readFile } from 'node:fs/promises'
import { readTokenKey, signToken, TOKEN_SECONDS_MAX } from '../../../tracker/index.ts'
import { parseCount } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { CommandError, UsageError } from './failure.ts'

const EXAMPLES = `
Examples:
  $ shoal token --key token.secret --site 5d7b…        for visitors of a site
  $ shoal token --key token.pem --info-hash 9f86… --seconds 60

The key is the secret that the tracker has too (--token-key), or the private half of its Ed25519 key:
  $ openssl rand -hex 32 > token.secret
  $ openssl genpkey -algorithm ed25519 -out token.pem && openssl pkey -in token.pem -pubout
Clients give the token with the address of the tracker: wss://tracker.example/?token=…
`

interface TokenArguments {
  readonly key: string
  readonly infoHash?: string
  readonly site?: string
  readonly seconds: number
}

export function tokenCommand(context: CommandContext): Command {
  return new Command('token')
    .description('make a join token for a private tracker')
    .requiredOption('--key <file>', 'secret, or private Ed25519 key (PEM), that signs it')
    .option('--info-hash <hex>', 'torrent that it is for', text => parseHex(text, [40, 64]))
    .option('--site <hex>', 'key of the site whose visitors it is for', text => parseHex(text, [64]))
    .option(
      '--seconds <number>',
      `how long it is good for, ${TOKEN_SECONDS_MAX} at the most`,
      parseSeconds,
      TOKEN_SECONDS_MAX,
    )
    .addHelpText('after', EXAMPLES)
    .action(async ({ key: file, infoHash, site, seconds }: TokenArguments) => {
      if ((infoHash === undefined) === (site === undefined))
        throw new UsageError('Name what it is for: --info-hash or --site.')
      const key = readKey(file, await readFile(file, 'utf8'))
      if (key.key.type === 'public') throw new UsageError(`${file} is a public key; the private half signs tokens.`)
      const claims = infoHash === undefined ? { site: site! } : { ih: infoHash }
      context.terminal.print(await signToken(key, claims, seconds))
    })
}

function readKey(file: string, text: string): ReturnType<typeof readTokenKey> {
  try {
    return readTokenKey(text)
  } catch (error) {
    throw new CommandError(`${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function parseHex(text: string, lengths: readonly number[]): string {
  if (!/^[0-9a-f]*$/i.test(text) || !lengths.includes(text.length)) {
    throw new InvalidArgumentError(`${lengths.join(' or ')} hex digits are needed.`)
  }
  return text.toLowerCase()
}

function parseSeconds(text: string): number {
  const seconds = parseCount(text)
  if (seconds < 1 || seconds > TOKEN_SECONDS_MAX)
    throw new InvalidArgumentError(`1 to ${TOKEN_SECONDS_MAX} seconds are possible.`)
  return seconds
}
