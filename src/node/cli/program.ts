/** The command line as a function: arguments in, exit code out. `cli.ts` gives it the process. */
import { Command, CommanderError } from 'commander'
import type { CommandContext } from './context.ts'
import { describeFailure, EXIT } from './failure.ts'

/** In the order of the help. Only the one that is called is loaded: each has libraries of its own, and starting takes as long as these do. */
const COMMANDS: Readonly<Record<string, () => Promise<(context: CommandContext) => Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand,
  tracker: async () => (await import('./tracker.ts')).trackerCommand,
  seed: async () => (await import('./seed.ts')).seedCommand,
  get: async () => (await import('./get.ts')).getCommand,
  create: async () => (await import('./create.ts')).createCommand,
  inspect: async () => (await import('./inspect.ts')).inspectCommand,
  token: async () => (await import('./token.ts')).tokenCommand,
  keygen: async () => (await import('./keygen.ts')).keygenCommand,
  build: async () => (await import('./build.ts')).buildCommand,
  sign: async () => (await import('./sign.ts')).signCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
  publish: async () => (await import('./publish.ts')).publishCommand,
}

const EXAMPLES = `
Examples:
  $ shoal serve                                    the share page and its tracker, on http://localhost:8000
  $ shoal seed holiday/ --tracker wss://t.example  share a folder, print its magnet link
  $ shoal get 'magnet:?xt=urn:btih:…' -o Downloads fetch it; run it again to go on after an interruption
  $ shoal create holiday/ -o holiday.torrent       make a .torrent
  $ shoal inspect holiday.torrent --json           say what is in it
  $ shoal build dist --origin https://example.org/ list and sign the files of a site

Exit codes: 0 done, 1 failed, 2 called wrongly, 130 stopped by Ctrl-C.
`

/**
 * Runs one command. Never throws: what goes wrong is told on the terminal.
 * @param argv the arguments, without the interpreter and the script
 * @returns the exit code
 */
export async function runProgram(argv: readonly string[], context: CommandContext): Promise<number> {
  try {
    const program = await buildProgram(context, argv[0] ?? '')
    await program.parseAsync([...argv], { from: 'user' })
    return EXIT.ok
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    const failure = describeFailure(error, context.signal)
    context.terminal.clear()
    if (failure.sentence !== undefined) context.terminal.note(`shoal: ${failure.sentence}`)
    if (context.environment.SHOAL_DEBUG && error instanceof Error) context.terminal.note(String(error.stack))
    return failure.exitCode
  }
}

/** @param called the first argument: the name of a command, or whatever else needs to know all of them */
async function buildProgram(context: CommandContext, called: string): Promise<Command> {
  const program = new Command('shoal')
    .description('Share files and serve sites peer to peer: BitTorrent v1 and v2 over WebRTC.')
    .version(context.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    // Options of the program come before the command's name, so that `create --version` is create's own.
    .enablePositionalOptions()
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('Run with --help to see how it is used.')
    .exitOverride()
    .configureOutput({
      writeOut: text => context.terminal.print(text.trimEnd()),
      writeErr: text => context.terminal.note(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, 'shoal: ')),
    })
  const names = Object.hasOwn(COMMANDS, called) ? [called] : Object.keys(COMMANDS)
  const commands = await Promise.all(names.map(name => COMMANDS[name]!()))
  for (const command of commands) program.addCommand(command(context).copyInheritedSettings(program))
  return program
}
