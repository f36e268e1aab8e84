/** A real Redis for tests, in a process and a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { missingPackage } from './debian.ts'

export interface RunningRedis {
  readonly url: string
  readonly port: number
  readonly process: ChildProcess
  /** As a power cut would end it. */
  kill(): Promise<void>
}

/** Why there is none, for tests that are skipped then; undefined: there is. */
export function missingRedis(): string | undefined {
  return missingPackage('redis-server', ['--version'], 'redis-server')
}

/** @param port a free one where none is given */
export async function startRedis(
  lifetime: { after(cleanup: () => unknown): void },
  port?: number,
): Promise<RunningRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-redis-'))
  const listening = port ?? (await freePort())
  const args = ['--port', `${listening}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  }
  lifetime.after(kill)
  await new Promise<void>((resolve, reject) => {
    const lines = createInterface({ input: child.stdout! })
    lines.on('line', line => line.includes('Ready to accept connections') && resolve())
    child.once('exit', code => reject(new Error(`redis-server ended with exit code ${code}`)))
    child.once('error', reject)
  })
  return { url: `redis://127.0.0.1:${listening}`, port: listening, process: child, kill }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
