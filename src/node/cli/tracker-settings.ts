/** What an operator may set of a tracker. tracker/README.md has it in words. */
import { InvalidArgumentError } from 'commander'
import { CLUSTER_DEFAULTS, isCidr, LOG_LEVELS, SERVER_DEFAULTS, SWARMS_DEFAULTS } from '../../../tracker/index.ts'
import type { LogOptions } from '../../../tracker/index.ts'
import { collectIceServers, collectOrigins, parseCount, parsePort } from './arguments.ts'
import { nearest, type Setting } from './settings.ts'

/** `SHOAL_TRACKER_PORT` and so on; `SHOAL_TRACKER` alone is what clients of this machine use. */
export const TRACKER_PREFIX = 'SHOAL_TRACKER'

export interface TrackerValues {
  readonly port: number
  readonly host?: string
  readonly path?: string
  readonly drain: number
  readonly interval: number
  readonly allowedOrigins?: readonly string[]
  readonly allowedInfoHashes?: string
  readonly blockedInfoHashes?: string
  readonly tokenKey?: string
  readonly trustedProxies?: readonly string[]
  readonly iceServers?: readonly string[]
  readonly turnSecret?: string
  readonly iceOrigins?: readonly string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly redis?: string
  readonly redisName?: string
  readonly workers: number
  readonly logLevel: LogOptions['level']
  readonly logAddresses: boolean
  readonly limits?: Readonly<Record<string, number>>
}

const LIMITS = { ...SWARMS_DEFAULTS, ...SERVER_DEFAULTS, ...CLUSTER_DEFAULTS }

export const TRACKER_SETTINGS: { readonly [K in keyof Required<TrackerValues>]: Setting<Required<TrackerValues>[K]> } =
  {
    port: {
      flags: '-p, --port <number>',
      help: 'port to listen on; 0 takes a free one',
      parse: parsePort,
      default: 8000,
    },
    host: {
      flags: '--host <address>',
      help: 'address to listen on (default: every address of this machine)',
      parse: parseText,
    },
    path: {
      flags: '--path <path>',
      help: 'path of the WebSocket, as /announce (default: every path)',
      parse: parsePath,
    },
    drain: {
      flags: '--drain <seconds>',
      help: 'how long clients are given to leave at the end',
      parse: parseCount,
      default: 3,
    },
    interval: { flags: '--interval <seconds>', help: 'how often clients announce', parse: parseInterval, default: 120 },
    allowedOrigins: {
      flags: '--allowed-origin <url>',
      help: 'origin whose pages may connect, and programs then may not; repeat for more',
      parse: collectOrigins,
      isList: true,
    },
    allowedInfoHashes: {
      flags: '--allowed-info-hashes <file>',
      help: 'serve only the infohashes in it; read again on SIGHUP',
      parse: parseText,
    },
    blockedInfoHashes: {
      flags: '--blocked-info-hashes <file>',
      help: 'never serve the infohashes in it; read again on SIGHUP',
      parse: parseText,
    },
    tokenKey: {
      flags: '--token-key <file>',
      help: 'private: only who has a token signed with this key (see shoal token)',
      parse: parseText,
    },
    trustedProxies: {
      flags: '--trusted-proxy <cidr>',
      help: 'proxy whose X-Forwarded-For is believed, as 127.0.0.1 or 10.0.0.0/8; repeat for more',
      parse: collectCidrs,
      isList: true,
    },
    iceServers: {
      flags: '--ice-server <url>',
      help: 'STUN or TURN server that clients are lent; repeat for more',
      parse: collectIceServers,
      isList: true,
    },
    turnSecret: {
      flags: '--turn-secret <file>',
      help: "holds the secret of these TURN servers: coturn's static-auth-secret",
      parse: parseText,
    },
    iceOrigins: {
      flags: '--ice-origin <url>',
      help: 'origin of a site whose pages alone are lent them; repeat for more',
      parse: collectOrigins,
      isList: true,
    },
    tlsCert: {
      flags: '--tls-cert <file>',
      help: 'certificate chain (PEM): wss://; read again on SIGHUP',
      parse: parseText,
    },
    tlsKey: { flags: '--tls-key <file>', help: 'its private key (PEM)', parse: parseText },
    redis: {
      flags: '--redis <url>',
      help: 'Redis or Valkey 7 that the nodes of one tracker share, as redis://10.0.0.5:6379',
      parse: parseRedis,
    },
    redisName: {
      flags: '--redis-name <name>',
      help: 'tells trackers apart that share a Redis and are not one (default: shoal)',
      parse: parseText,
    },
    workers: {
      flags: '--workers <number>',
      help: 'processes that share the port, to use more cores',
      parse: parseWorkers,
      default: 1,
    },
    logLevel: {
      flags: '--log-level <level>',
      help: `what is logged, as JSON on standard error: ${LOG_LEVELS.join(', ')}`,
      parse: parseLevel,
      default: 'info',
    },
    logAddresses: {
      flags: '--log-addresses <yes|no>',
      help: 'whether the log names addresses of clients',
      parse: parseFlag,
      default: false,
    },
    limits: {
      flags: '--limit <name=number>',
      help: 'a limit of tracker/options.ts, as connectionsMax=5000; repeat for more',
      parse: collectLimits,
      isMap: true,
    },
  }

function parseText(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is empty.')
  return text
}

function parseRedis(text: string): string {
  if (/^rediss?:\/\//.test(text) && URL.canParse(text)) return text
  throw new InvalidArgumentError('An address of a Redis is as redis://10.0.0.5:6379.')
}

function parseWorkers(text: string): number {
  const workers = parseCount(text)
  if (workers < 1 || workers > CLUSTER_DEFAULTS.nodesMax)
    throw new InvalidArgumentError(`A number from 1 to ${CLUSTER_DEFAULTS.nodesMax} is needed.`)
  return workers
}

function parsePath(text: string): string {
  if (!/^\/[^?#\s]*$/.test(text)) throw new InvalidArgumentError('A path is as /announce.')
  return text
}

/** Clients hold it between 10 s and an hour themselves. */
function parseInterval(text: string): number {
  const seconds = parseCount(text)
  if (seconds < 10 || seconds > 3600) throw new InvalidArgumentError('A number of seconds from 10 to 3600 is needed.')
  return seconds
}

function parseFlag(text: string): boolean {
  if (/^(yes|true|on|1)$/i.test(text)) return true
  if (/^(no|false|off|0)$/i.test(text)) return false
  throw new InvalidArgumentError('It is yes or no.')
}

function parseLevel(text: string): LogOptions['level'] {
  const level = LOG_LEVELS.find(each => each === text)
  if (level === undefined) throw new InvalidArgumentError(`It is one of ${LOG_LEVELS.join(', ')}.`)
  return level
}

function collectCidrs(text: string, previous: readonly string[] = []): string[] {
  if (!isCidr(text)) throw new InvalidArgumentError('An address or network is as 127.0.0.1, 10.0.0.0/8 or fd00::/8.')
  return [...previous, text]
}

function collectLimits(text: string, previous: Readonly<Record<string, number>> = {}): Record<string, number> {
  const [, name = text, number = ''] = /^([^=]*)=(.*)$/.exec(text) ?? []
  if (!Object.hasOwn(LIMITS, name)) {
    throw new InvalidArgumentError(`There is no limit ${name}. Did you mean ${nearest(name, Object.keys(LIMITS))}?`)
  }
  if (!/^\d{1,12}(\.\d{1,6})?$/.test(number))
    throw new InvalidArgumentError(`A number is needed, as ${name}=${LIMITS[name as keyof typeof LIMITS]}.`)
  return { ...previous, [name]: Number(number) }
}
