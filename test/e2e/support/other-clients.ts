/** Other BitTorrent clients, as Debian has them: libtorrent, which knows v2, and aria2, which knows v1. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { missingPackage } from '../../support/debian.ts'

export interface OtherClient {
  readonly name: string
  /** What to tell who has it not; undefined: it is there. */
  readonly missing: string | undefined
  /** Fetches all of a .torrent's files into a folder, and seeds nothing. @throws Error with what it printed */
  fetch(torrentFile: string, folder: string): Promise<void>
}

/** Debian's own: another Python has not its packages. */
const PYTHON = '/usr/bin/python3'
const LIBTORRENT_SCRIPT = 'test/e2e/support/libtorrent-get.py'
const TIMEOUT_MS = 90_000

export function libtorrent(): OtherClient {
  return {
    name: 'libtorrent',
    missing: missingPackage(PYTHON, ['-c', 'import libtorrent'], 'python3-libtorrent'),
    fetch: (torrentFile, folder) => run(PYTHON, [LIBTORRENT_SCRIPT, torrentFile, folder]),
  }
}

export function aria2(): OtherClient {
  const quiet = [
    '--enable-dht=false',
    '--bt-enable-lpd=false',
    '--enable-peer-exchange=false',
    '--bt-exclude-tracker=*',
  ]
  return {
    name: 'aria2',
    missing: missingPackage('aria2c', ['--version'], 'aria2'),
    fetch: (torrentFile, folder) => run('aria2c', [...quiet, '--seed-time=0', `--dir=${folder}`, torrentFile]),
  }
}

async function run(command: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(command, args, { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' }).catch(error => {
    throw new Error(`${command} failed: ${error.message}\n${error.stdout}\n${error.stderr}`)
  })
}
