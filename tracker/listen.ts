/** Makes a server listen, and says where. */
import type { Server } from 'node:http'
import { ShoalError } from '../src/errors.ts'

/** @throws ShoalError `invalid-argument` when the port cannot be had. */
export async function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ShoalError('invalid-argument', `The port must be a number from 0 (any free port) to 65535, not ${port}.`)
  }
  await new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(listenError(error, port, host))
    server.once('error', onError)
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off('error', onError)
      resolve()
    })
  })
}

/** `ws://host:port` under which this machine reaches the server; empty while it does not listen. */
export function hostUrl(server: Server, host: string | undefined): string {
  const address = server.address()
  if (address === null || typeof address === 'string') return ''
  const isAny = host === undefined || host === '0.0.0.0' || host === '::' || host === ''
  const name = isAny ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `ws://${name}:${address.port}`
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string | undefined): ShoalError {
  const cause = { cause: error, details: { port, host } }
  switch (error.code) {
    case 'EADDRINUSE':
      return new ShoalError('invalid-argument', `Port ${port} is in use. Choose another, or 0 for any free one.`, cause)
    case 'EACCES':
      return new ShoalError('invalid-argument', `Port ${port} needs privileges. Choose one above 1023.`, cause)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ShoalError('invalid-argument', `This machine has no address ${host}. Leave the host out.`, cause)
    default:
      return new ShoalError('invalid-argument', `Cannot listen on port ${port}: ${error.message}.`, cause)
  }
}
