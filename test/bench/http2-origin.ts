/** An origin as sites have them: HTTP/2 over TLS. It answers `/<seed>/<length>` with the bytes of that payload, and counts what it carries. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { payloadBytes } from '../e2e/support/payload.ts'
import type { Lifetime } from '../e2e/support/scope.ts'

export interface Http2Origin {
  /** Ends in '/'. Browsers know nothing of who signed for it. */
  readonly url: string
  /** Of all connections, both directions, since the beginning. */
  readonly carriedBytes: number
}

export async function startHttp2Origin(lifetime: Lifetime): Promise<Http2Origin> {
  const server = createSecureServer(selfSigned())
  const sockets = new Set<TLSSocket>()
  server.on('secureConnection', (socket: TLSSocket) => sockets.add(socket))
  server.on('stream', (stream, headers) => {
    const [seed, length] = (headers[':path'] ?? '').slice(1).split('/').map(Number)
    stream.respond({
      ':status': 200,
      'access-control-allow-origin': '*',
      'content-type': 'application/octet-stream',
      'content-length': length,
      'cache-control': 'max-age=31536000, immutable',
      'cross-origin-resource-policy': 'cross-origin',
      etag: `"${seed}-${length}"`,
    })
    stream.end(payloadBytes(seed!, 0, length!))
  })
  await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
  lifetime.after(() => closeAll(server, sockets))
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}/`,
    get carriedBytes() {
      return [...sockets].reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0)
    },
  }
}

function closeAll(server: Http2SecureServer, sockets: ReadonlySet<TLSSocket>): Promise<void> {
  for (const socket of sockets) socket.destroy()
  return new Promise(resolve => server.close(() => resolve()))
}

/** @throws Error where there is no openssl */
function selfSigned(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost']
    execFileSync('openssl', [...args, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    return { key: readFileSync(key), cert: readFileSync(cert) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
