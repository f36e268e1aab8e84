/** A real TURN server: coturn, as Debian has it. */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { missingPackage } from '../../support/debian.ts'
import { scratchFolder } from './cli.ts'
import type { Lifetime } from './scope.ts'
import { endChild, firstMatch } from './trackers.ts'

export interface TurnServer {
  readonly urls: string[]
  readonly username: string
  readonly credential: string
}

/** What to tell who has it not; undefined: it is there. */
export function missingTurn(): string | undefined {
  return missingPackage('turnserver', ['--version'], 'coturn')
}

/** At an address of this machine that is not loopback where it has one: browsers leave loopback alone. */
export async function startTurn(lifetime: Lifetime): Promise<TurnServer> {
  const [username, credential] = ['visitor', 'secret']
  const addresses = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  const ip = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'
  const port = await freePort(ip)
  const folder = await scratchFolder(lifetime)
  const places = [
    `--pidfile=${join(folder, 'pid')}`,
    `--userdb=${join(folder, 'db')}`,
    '--log-file=stdout',
    '--simple-log',
  ]
  const where = [`--listening-ip=${ip}`, `--relay-ip=${ip}`, `--listening-port=${port}`, '--allow-loopback-peers']
  const who = [
    '--lt-cred-mech',
    `--user=${username}:${credential}`,
    '--realm=shoal',
    '--no-tls',
    '--no-dtls',
    '--no-cli',
  ]
  const child = spawn('turnserver', ['-n', '-v', ...places, ...where, ...who], { stdio: ['ignore', 'pipe', 'inherit'] })
  lifetime.after(() => endChild(child))
  await firstMatch(child, /(UDP listener opened on)/i)
  return { urls: [`turn:${ip}:${port}?transport=udp`], username, credential }
}

async function freePort(ip: string): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, ip)
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
