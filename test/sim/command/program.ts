/** The simulator's command line as a function: arguments in, exit code out. `main.ts` gives it the process. */
import { Command, CommanderError, Option } from 'commander'
import { parseCount } from '../../../src/node/cli/arguments.ts'
import { CommandError, describeFailure, EXIT, Stopped, UsageError } from '../../../src/node/cli/failure.ts'
import type { Member } from '../member.ts'
import { formatEntry, type SwarmEvent } from '../trace.ts'
import { Violation } from '../watcher.ts'
import type { World } from '../world.ts'
import type { Goal } from '../goals/goal.ts'
import { GOALS, report } from '../goals/report.ts'
import { bench } from './bench.ts'
import { type CommandContext, drive } from './drive.ts'
import { RANDOM, SCENARIOS, type Scenario } from './registry.ts'
import { soak } from './soak.ts'
import { summaryOf, table } from './summary.ts'

const EXAMPLES = `
Examples:
  $ npm run sim -- --list                                      the scenarios
  $ npm run sim -- --scenario equal --seed 3 --peers 100       one run, and what it came to
  $ npm run sim -- --scenario small --peers 2 --trace | less   every event of it
  $ npm run sim -- --soak --minutes 10                         random swarms with faults, until one goes wrong
  $ npm run sim -- --bench --peers 1000                        how fast the simulator is
  $ npm run sim -- --report --seeds 20                         how near the scheduler is to its goals: hours
  $ npm run sim -- --report seed-bytes,sybils --seeds 5        some of them

Exit codes: 0 done, 1 a checker objected, 2 called wrongly, 130 stopped by Ctrl-C.
`

interface Options {
  readonly list?: boolean
  readonly scenario?: string
  readonly seed?: number
  readonly peers?: number
  readonly trace?: boolean
  readonly checks: boolean
  readonly bench?: boolean
  /** True: all goals; else the names of some, with commas between. */
  readonly report?: string | true
  readonly seeds?: number
  readonly soak?: boolean
  readonly minutes?: number
  readonly count?: number
}

/**
 * Runs the command. Never throws: what goes wrong is told on the terminal.
 * @param argv the arguments, without the interpreter and the script
 * @returns the exit code
 */
export async function runSimulator(argv: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, signal } = context
  try {
    const options = buildProgram(context)
      .parse([...argv], { from: 'user' })
      .opts<Options>()
    await perform(options, context)
    signal.throwIfAborted()
    return EXIT.ok
  } catch (error) {
    terminal.clear()
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    const failure = describeFailure(error, signal)
    if (failure.sentence !== undefined) terminal.note(`sim: ${failure.sentence}`)
    return failure.exitCode
  }
}

function buildProgram({ terminal }: CommandContext): Command {
  return new Command('npm run sim --')
    .description('Simulates swarms of the code that ships, from a seed that replays.')
    .option('--list', 'name the scenarios')
    .option('--scenario <name>', 'run this one')
    .option('--seed <n>', 'what chance is drawn from (default: 1); with --soak the first of the seeds', parseCount)
    .option('--peers <n>', 'how many leeches', parseCount)
    .option('--trace', 'print what goes into every swarm and what comes out of it')
    .option('--no-checks', 'without the checkers, in half the time')
    .addOption(new Option('--bench', 'measure the simulator itself').conflicts(['scenario', 'list', 'soak', 'trace']))
    .addOption(
      new Option('--report [names]', 'measure the scheduler against its goals, all or some').conflicts([
        'scenario',
        'list',
        'soak',
        'trace',
        'bench',
      ]),
    )
    .option('--seeds <n>', 'with --report: how many seeds each (default: 20)', parseCount)
    .addOption(new Option('--soak', 'run random swarms with faults, one after another').conflicts(['scenario', 'list']))
    .option('--minutes <n>', 'with --soak: for this long', parseCount)
    .option('--count <n>', 'with --soak: this many swarms', parseCount)
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('Run with --help to see how it is used.')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: text => terminal.print(text.trimEnd()),
      writeErr: text => terminal.note(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, 'sim: ')),
    })
}

async function perform(options: Options, context: CommandContext): Promise<void> {
  const { terminal } = context
  const { seed = 1, count, minutes } = options
  if (options.soak) {
    for (const name of ['peers', 'trace'] as const) {
      if (options[name] !== undefined) throw new UsageError(`--${name} is for --scenario, not for --soak.`)
    }
    if (count === undefined && minutes === undefined) throw new UsageError('--soak needs --minutes or --count.')
    const durationMaxMs = 60_000 * (minutes ?? Number.POSITIVE_INFINITY)
    const countMax = count ?? Number.POSITIVE_INFINITY
    terminal.print(await soak({ scenario: RANDOM, firstSeed: seed, countMax, durationMaxMs }, context))
    return
  }
  if (count !== undefined || minutes !== undefined) throw new UsageError('--count and --minutes are for --soak.')
  if (options.report !== undefined) {
    const goals = options.report === true ? GOALS : options.report.split(',').map(goalOf)
    return terminal.print(await report({ goals, firstSeed: seed, seedCount: options.seeds ?? 20 }, context))
  }
  if (options.bench) return terminal.print(await bench({ seed, peers: options.peers }, context))
  if (options.list) return terminal.print(listOf(SCENARIOS))
  if (options.scenario === undefined)
    throw new UsageError('Say --scenario NAME, --list, --report, --soak or --bench; --help has examples.')
  await runScenario(scenarioOf(options.scenario), options, context)
}

async function runScenario(scenario: Scenario, options: Options, context: CommandContext): Promise<void> {
  const { terminal, now, processorMs, signal } = context
  const { seed = 1, peers = scenario.peersDefault ?? 0 } = options
  if (options.peers !== undefined && scenario.peersDefault === undefined) {
    throw new UsageError(`How many peers ${scenario.name} has is drawn from its seed: leave --peers out.`)
  }
  if (options.peers === 0) throw new UsageError('--peers needs 1 at the least.')
  const startedAt = now()
  const processorStartMs = processorMs()
  const world = scenario.build({ seed, peers, isChecked: options.checks })
  if (options.trace) printTrace(world, context)
  const summarize = () =>
    terminal.print(summaryOf(world, { elapsedMs: now() - startedAt, processorMs: processorMs() - processorStartMs }))
  try {
    if (!(await drive(world, scenario.limitMs, context))) {
      terminal.note(`Stopped by ${signal.reason instanceof Stopped ? signal.reason.signal : 'a signal'}; so far:`)
    }
    summarize()
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    summarize()
    const population = options.peers === undefined ? '' : ` --peers ${options.peers}`
    const command = `npm run sim -- --scenario ${scenario.name} --seed ${seed}${population}`
    throw new CommandError(`${error.message}\nReplay it: ${command}`)
  }
}

function printTrace(world: World, { terminal }: CommandContext): void {
  const print = (member: Member, arrow: '→' | '←', event: SwarmEvent) =>
    terminal.print(formatEntry(world.timeline.now, member, arrow, event))
  world.watch({
    input: (member, input) => print(member, '→', input),
    effect: (member, effect) => print(member, '←', effect),
  })
}

function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find(candidate => candidate.name === name)
  if (scenario !== undefined) return scenario
  throw new UsageError(`There is no scenario ${name}; there are ${SCENARIOS.map(known => known.name).join(', ')}.`)
}

function goalOf(name: string): Goal {
  const goal = GOALS.find(candidate => candidate.name === name)
  if (goal === undefined)
    throw new UsageError(`There is no goal ${name}. There are: ${GOALS.map(known => known.name).join(', ')}.`)
  return goal
}

function listOf(scenarios: readonly Scenario[]): string {
  return table(
    scenarios.map(({ name, summary, peersDefault }) => [
      name,
      peersDefault === undefined ? '' : `${peersDefault} leeches`,
      summary,
    ]),
  )
}
