/** Installs what tests need of Debian, where they run as root on it. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

export function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
}

/** Whether it worked is for the caller to see. */
export function installPackages(packages: readonly string[]): void {
  console.log(`Installing ${packages.join(' and ')} with apt-get`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { stdio: 'inherit', env })
}

/**
 * What to tell who has not a command that comes with a package, after an attempt to install it; undefined: it is there.
 * @param args with which the command succeeds at once
 */
export function missingPackage(command: string, args: readonly string[], debianPackage: string): string | undefined {
  const isThere = (): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0
  if (isThere()) return undefined
  if (canInstall()) installPackages([debianPackage])
  return isThere() ? undefined : `${debianPackage} is not installed here (Debian: apt-get install ${debianPackage})`
}
