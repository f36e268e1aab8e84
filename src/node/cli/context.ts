/** What every command gets from the process, or from a test in its place. */
import type { Terminal } from './terminal.ts'

export interface CommandContext {
  readonly terminal: Terminal
  /** Aborted, with a `Stopped`, when the person or the system asks the command to end. */
  readonly signal: AbortSignal
  /** From then on SIGHUP calls this instead of ending the command. */
  readonly onHangUp: (listener: () => void) => void
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Writes bytes to standard output as they are (`create -o -`). */
  readonly writeBytes: (bytes: Uint8Array) => void
  /** Version of the package. */
  readonly version: string
}
