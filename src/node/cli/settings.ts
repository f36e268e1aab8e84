/**
 * Settings of a service, each under one name from three places: a YAML file, the environment, and flags, of which the later comes first. Every value is
 * text to one parser, wherever it comes from. A name that nobody knows is refused with the nearest that there is: a misspelt limit would be none.
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { distance } from 'fastest-levenshtein'
import { parse as parseYaml, YAMLParseError } from 'yaml'
import { UsageError } from './failure.ts'

export interface Setting<T = unknown> {
  /** As commander writes it: `--ice-server <url>`. A flag that may be repeated adds to a list. */
  readonly flags: string
  readonly help: string
  /** @throws InvalidArgumentError */
  readonly parse: (text: string, previous?: T) => T
  /** Whether there may be several: a list in the file, separated by blanks or commas in the environment. */
  readonly isList?: boolean
  /** Whether the file may have a map of names and values: `name=value` elsewhere. */
  readonly isMap?: boolean
  readonly default?: T
}

export type Settings = Readonly<Record<string, Setting>>
export type Values = Readonly<Record<string, unknown>>

export interface Sources {
  /** The text of the file, and its name; undefined: there is none. */
  readonly file?: { readonly name: string; readonly text: string } | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What flags gave, by the names of the settings. */
  readonly flags: Values
}

/** Adds a flag for each setting. No defaults: what is not given must be told from what is. */
export function addFlags(command: Command, settings: Settings): Command {
  for (const { flags, help, parse, default: standard } of Object.values(settings)) {
    const fallback = standard === undefined ? '' : ` (default: ${String(standard)})`
    // Commander gives a repeated flag its value so far.
    command.addOption(
      new Option(flags, help + fallback).argParser((text: string, previous: unknown) => parse(text, previous)),
    )
  }
  return command
}

/** The name under which commander keeps a flag: `--ice-server <url>` → `iceServer`. */
export function flagName({ flags }: Setting): string {
  return new Option(flags).attributeName()
}

/** What a setting is called in the environment: `iceServers` → `SHOAL_TRACKER_ICE_SERVERS`. */
export function variableName(prefix: string, name: string): string {
  return `${prefix}_${name.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`
}

/** @throws UsageError naming the place and what is wrong there */
export function resolveSettings(settings: Settings, prefix: string, sources: Sources): Values {
  const fromFile = readFile(settings, sources.file)
  const fromEnvironment = readEnvironment(settings, prefix, sources.environment)
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(settings)) {
    const value = sources.flags[flagName(setting)] ?? fromEnvironment[name] ?? fromFile[name] ?? setting.default
    if (value !== undefined) values[name] = value
  }
  return values
}

/** The name among `known` that is most like `name`. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const distances = known.map(each => distance(name.toLowerCase(), each.toLowerCase()))
  return known[distances.indexOf(Math.min(...distances))]
}

/** @throws UsageError */
export function refuseUnknown(name: string, known: readonly string[], where: string): void {
  if (known.includes(name)) return
  throw new UsageError(`${where}: there is no ${name}. Did you mean ${nearest(name, known)}?`)
}

function readFile(settings: Settings, file: Sources['file']): Values {
  if (!file) return {}
  const content = parseFile(file)
  if (content === null) return {}
  if (typeof content !== 'object' || Array.isArray(content))
    throw new UsageError(`${file.name}: names and values are needed.`)
  const values: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(content)) {
    refuseUnknown(name, Object.keys(settings), file.name)
    const setting = settings[name]!
    const place = `${name} in ${file.name}`
    if (value !== null) values[name] = read(setting, textsOf(setting, value, place), place)
  }
  return values
}

function parseFile({ name, text }: NonNullable<Sources['file']>): unknown {
  try {
    return parseYaml(text)
  } catch (error) {
    if (error instanceof YAMLParseError) throw new UsageError(`${name}: ${error.message}`)
    throw error
  }
}

function textsOf({ isList, isMap }: Setting, value: unknown, place: string): string[] {
  if (isMap && typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).map(([name, each]) => `${name}=${each}`)
  }
  const items: readonly unknown[] = isList && Array.isArray(value) ? value : [value]
  if (items.some(item => typeof item === 'object'))
    throw new UsageError(`${place} must be ${isList ? 'a list' : 'one value'}.`)
  return items.map(String)
}

function readEnvironment(settings: Settings, prefix: string, environment: Sources['environment']): Values {
  const names = new Map(Object.keys(settings).map(name => [variableName(prefix, name), name]))
  const values: Record<string, unknown> = {}
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(`${prefix}_`) || text === undefined) continue
    refuseUnknown(variable, [...names.keys()], 'the environment')
    const name = names.get(variable)!
    const { isList, isMap } = settings[name]!
    const texts = isList || isMap ? text.split(/[\s,]+/).filter(each => each !== '') : [text]
    if (texts.length > 0) values[name] = read(settings[name]!, texts, variable)
  }
  return values
}

function read({ parse }: Setting, texts: readonly string[], place: string): unknown {
  try {
    return texts.reduce<unknown>((previous, text) => parse(text, previous), undefined)
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new UsageError(`${place}: ${error.message}`)
    throw error
  }
}
