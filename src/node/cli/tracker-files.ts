/** Reads the files that a tracker's settings name: those that are read once, and those that are read again on SIGHUP. */
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import {
  CLUSTER_DEFAULTS,
  RedisTransport,
  clientAddressBehind,
  readInfoHashes,
  readTokenKey,
} from '../../../tracker/index.ts'
import type { TrackerOptions, TrackerUpdate } from '../../../tracker/index.ts'
import { iceServers } from './arguments.ts'
import { CommandError, UsageError } from './failure.ts'
import type { TrackerValues } from './tracker-settings.ts'

/** @throws UsageError, CommandError or the system's error, which names the file */
export async function trackerOptions(values: TrackerValues): Promise<TrackerOptions> {
  const { host, path, trustedProxies, allowedOrigins, iceOrigins, limits, turnSecret, tokenKey, redis, redisName } =
    values
  if (turnSecret !== undefined && !iceOrigins) {
    throw new UsageError('Name the sites whose visitors may use the TURN servers: --ice-origin https://example.org')
  }
  const servers = iceServers(values.iceServers ?? []).map(server => ({ ...server, urls: [server.urls].flat() }))
  const { tls, ...lists } = await trackerUpdate(values)
  return {
    port: values.port,
    intervalSeconds: values.interval,
    iceServers: servers,
    ...lists,
    ...(tls && { tls }),
    ...(host !== undefined && { host }),
    ...(path !== undefined && { path }),
    ...(limits && { limits }),
    ...(allowedOrigins && { allowedOrigins }),
    ...(iceOrigins && { iceOrigins }),
    ...(trustedProxies && { clientAddress: clientAddressBehind(trustedProxies) }),
    ...(turnSecret !== undefined && { turnSecret: (await readFile(turnSecret, 'utf8')).trim() }),
    ...(redis !== undefined && {
      transport: new RedisTransport({
        ...CLUSTER_DEFAULTS,
        ...limits,
        url: redis,
        ...(redisName && { name: redisName }),
      }),
    }),
    ...(tokenKey !== undefined && { tokenKey: await readAs(tokenKey, readTokenKey) }),
  }
}

/** What is read again on SIGHUP. */
export async function trackerUpdate(values: TrackerValues): Promise<TrackerUpdate> {
  const { allowedInfoHashes: allowed, blockedInfoHashes: blocked, tlsCert, tlsKey } = values
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('A certificate and its key are needed: --tls-cert and --tls-key.')
  return {
    ...(allowed !== undefined && { allowedInfoHashes: await readAs(allowed, readInfoHashes) }),
    ...(blocked !== undefined && { blockedInfoHashes: await readAs(blocked, readInfoHashes) }),
    ...(tlsCert !== undefined && tlsKey !== undefined && { tls: await readTls(tlsCert, tlsKey) }),
  }
}

async function readTls(certFile: string, keyFile: string): Promise<{ cert: string; key: string }> {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new CommandError(`${certFile} and ${keyFile} are no certificate and its key: ${messageOf(error)}.`)
  }
  return { cert, key }
}

async function readAs<T>(file: string, read: (text: string) => T): Promise<T> {
  const text = await readFile(file, 'utf8')
  try {
    return read(text)
  } catch (error) {
    throw new CommandError(`${file}: ${messageOf(error)}`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
