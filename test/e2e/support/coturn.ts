/** A TURN server as operators have it: coturn, on this machine alone. */
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { scratchFolder } from './cli.ts'
import type { Lifetime } from './scope.ts'
import { endChild, firstMatch } from './trackers.ts'

export const hasCoturn = spawnSync('turnserver', ['--version']).error === undefined

export interface Coturn {
  /** `turn:127.0.0.1:PORT` */
  readonly url: string
  /** Holds the secret that it shares with the tracker. */
  readonly secretFile: string
}

/** What it tells clients that it relays from, an address that is nobody's: it knows itself by it, and no packet goes there. */
const OUTSIDE = '192.88.99.1'

export async function startCoturn(lifetime: Lifetime): Promise<Coturn> {
  const folder = await scratchFolder(lifetime)
  const secretFile = join(folder, 'turn.secret')
  await writeFile(secretFile, 'only for this test\n')
  const port = await freePort()
  const child = spawn(
    'turnserver',
    [
      ...['-n', '--log-file=stdout', '--simple-log', '--no-cli', '--no-tls', '--no-dtls', '--no-rfc5780', '--verbose'],
      ...[`--listening-port=${port}`, '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1'],
      ...[`--external-ip=${OUTSIDE}/127.0.0.1`, '--allow-loopback-peers', '--realm=shoal'],
      ...['--use-auth-secret', '--static-auth-secret=only for this test', `--pidfile=${join(folder, 'pid')}`],
    ],
    { stdio: ['ignore', 'pipe', 'ignore'], cwd: folder },
  )
  lifetime.after(() => endChild(child))
  await firstMatch(child, /(UDP listener opened)/)
  return { url: `turn:127.0.0.1:${port}`, secretFile }
}

/** Nobody listens there, a moment ago. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
