import assert from 'node:assert/strict'
import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { readPages } from '../../src/node/cli/pages.ts'

const SCRIPT = `// ${'shoal '.repeat(500)}`

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

describe('the pages', () => {
  let folder = ''
  let server: Server

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shoal-pages-'))
    const root = join(folder, 'demo')
    await mkdir(join(root, 'site'), { recursive: true })
    await writeFile(join(folder, 'secret.html'), 'secret')
    await writeFile(join(root, 'index.html'), '<!doctype html>')
    await writeFile(join(root, 'share.js'), SCRIPT)
    await writeFile(join(root, 'app.webmanifest'), '{}')
    await writeFile(join(root, 'notes.txt'), 'not a page')
    await writeFile(join(root, 'site', 'index.html'), 'site')
    await symlink(join(folder, 'secret.html'), join(root, 'link.html'))
    const pages = await readPages(root)
    server = createServer((req, res) => pages.answer(req, res))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  })

  after(async () => {
    server.close()
    await rm(folder, { recursive: true })
  })

  /** Sends the path as it is: fetch would tidy it. */
  function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return new Promise((resolve, reject) => {
      const sent = request({ port: address.port, host: '127.0.0.1', path, headers, method }, response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        )
      })
      sent.on('error', reject)
      sent.end()
    })
  }

  it('answers the root, folders and files with their types', async () => {
    const root = await get('/')
    assert.equal(root.status, 200)
    assert.equal(root.headers['content-type'], 'text/html; charset=utf-8')
    assert.equal((await get('/share.js?v=1')).headers['content-type'], 'text/javascript; charset=utf-8')
    assert.equal((await get('/app.webmanifest')).headers['content-type'], 'application/manifest+json')
    assert.equal((await get('/site/')).body.toString(), 'site')
  })

  it('never forbids less than a strict policy', async () => {
    const policy = String((await get('/')).headers['content-security-policy'])
    assert.match(policy, /default-src 'none'/)
    assert.match(policy, /script-src 'self';/)
    assert.doesNotMatch(policy, /unsafe/)
    assert.equal((await get('/')).headers['x-content-type-options'], 'nosniff')
  })

  it('lets no Host header into the policy that is not a plain host', async () => {
    const policy = String(
      (await get('/', { host: "evil; script-src 'unsafe-inline'" })).headers['content-security-policy'],
    )
    assert.doesNotMatch(policy, /unsafe|evil/)
  })

  for (const path of [
    '/../secret.html',
    '/..%2fsecret.html',
    '/%2e%2e/secret.html',
    '/site/../../secret.html',
    '//secret.html',
    '//',
    '/\\..\\secret.html',
    '/link.html',
    '/notes.txt',
    '/constructor',
    '/share.js/',
    'http://other/../secret.html',
  ]) {
    it(`has nothing at ${path}`, async () => {
      const answer = await get(path)
      assert.equal(answer.status, 404)
      assert.doesNotMatch(answer.body.toString(), /secret/)
    })
  }

  it('compresses for those who can read it', async () => {
    const plain = await get('/share.js')
    const packed = await get('/share.js', { 'accept-encoding': 'gzip, br' })
    assert.equal(plain.body.toString(), SCRIPT)
    assert.equal(packed.headers['content-encoding'], 'gzip')
    assert.equal(gunzipSync(packed.body).toString(), SCRIPT)
    assert.ok(packed.body.length < plain.body.length)
  })

  it('spares a browser what it has', async () => {
    const { headers } = await get('/share.js')
    assert.equal((await get('/share.js', { 'if-none-match': String(headers.etag) })).status, 304)
  })

  it('answers HEAD without a body, and nothing but GET and HEAD', async () => {
    const head = await get('/share.js', {}, 'HEAD')
    assert.equal(head.status, 200)
    assert.equal(head.headers['content-length'], String(SCRIPT.length))
    assert.equal(head.body.length, 0)
    const post = await get('/', {}, 'POST')
    assert.equal(post.status, 405)
    assert.equal(post.headers.allow, 'GET, HEAD')
  })

  it('says how to build them when they are not there', async () => {
    await assert.rejects(readPages(join(folder, 'nowhere')), /npm run build/)
  })
})
