/** The tag of a page: what it says, and how its version is kept right in pages of every style. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { scriptTag, withVersion } from '../../src/node/site/tag.ts'

const KEY = new Uint8Array(32).fill(0xab)

describe('the tag', () => {
  it('names script, manifest, key and version', () => {
    assert.equal(
      scriptTag({ base: 'https://example.org/', key: KEY, version: 7 }),
      `<script async src="/shoal.js" data-manifest="/shoal.torrent" data-key="${'ab'.repeat(32)}" data-version="7"></script>`,
    )
  })

  it('is of the folder that the site lies in', () => {
    const tag = scriptTag({ base: 'https://example.org/a&b/', key: KEY, version: 7 })
    assert.match(tag, / src="\/a&amp;b\/shoal\.js" data-manifest="\/a&amp;b\/shoal\.torrent" /)
  })
})

describe('the version of a page', () => {
  const base = 'https://example.org/app/'
  const set = (html: string, page = `${base}docs/page.html`): string | undefined =>
    withVersion(html, { base, version: 42, page })

  const styles: readonly (readonly [style: string, html: string, result: string])[] = [
    [
      'as it is printed',
      '<script async src="/app/shoal.js" data-key="k" data-version="1"></script>',
      '<script async src="/app/shoal.js" data-key="k" data-version="42"></script>',
    ],
    [
      'without quotes',
      '<script async src=/app/shoal.js data-version=1></script>',
      '<script async src=/app/shoal.js data-version="42"></script>',
    ],
    [
      'over lines, in capitals',
      "<SCRIPT\n  DATA-VERSION = '1'\n  SRC = '/app/shoal.js'\n></SCRIPT>",
      '<SCRIPT\n  data-version="42"\n  SRC = \'/app/shoal.js\'\n></SCRIPT>',
    ],
    [
      'with a relative address',
      '<script src="../shoal.js" data-version=""></script>',
      '<script src="../shoal.js" data-version="42"></script>',
    ],
    [
      'with a whole address',
      '<script src="https://example.org/app/shoal.js" data-version="1"></script>',
      '<script src="https://example.org/app/shoal.js" data-version="42"></script>',
    ],
    [
      'without a version',
      '<script async src="/app/shoal.js"></script>',
      '<script data-version="42" async src="/app/shoal.js"></script>',
    ],
    [
      'after a ">" in a value',
      '<script title="a > b" src="/app/shoal.js" data-version="1"></script>',
      '<script title="a > b" src="/app/shoal.js" data-version="42"></script>',
    ],
  ]
  for (const [style, html, result] of styles)
    it(`is set in a tag ${style}`, () => {
      assert.equal(set(`<p>before</p>${html}<p>after</p>`), `<p>before</p>${result}<p>after</p>`)
      assert.equal(set(result), result, 'once')
    })

  for (const html of [
    '<p>no tag</p>',
    '<script src="/shoal.js" data-version="1"></script>',
    '<script src="https://other.example/app/shoal.js" data-version="1"></script>',
    '<script src="/app/shoal.js.map" data-version="1"></script>',
    '<script data-src="/app/shoal.js" data-version="1"></script>',
    '<scripts src="/app/shoal.js" data-version="1">',
    '<script data-version="1">const src = "/app/shoal.js"</script>',
    '<script src="https://[" data-version="1"></script>',
    '<a src="/app/shoal.js" data-version="1">',
  ])
    it(`is not looked for in ${html}`, () => assert.equal(set(html), undefined))

  it('takes little time in a page that would be hard to match', () => {
    assert.equal(set(`${'<script a="'.repeat(2_000)}`), undefined)
  })
})
