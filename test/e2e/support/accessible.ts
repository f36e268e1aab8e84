/** Whether a page is for those who do not see it, or hit little: axe-core finds nothing, and fingers find everything. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'puppeteer-core'

interface AxeResults {
  readonly passes: readonly unknown[]
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe-core finds wrong, in light and in dark, with everything open that can be opened. */
export async function assertAccessible(page: Page): Promise<void> {
  await page.$$eval('details', panels => {
    for (const panel of panels) panel.open = true
  })
  for (const value of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }])
    // As a debugger does: the page's policy allows no scripts but its own.
    await page.evaluate(axe)
    const { passes, violations } = (await page.evaluate('axe.run(document)')) as AxeResults
    assert.ok(passes.length > 10)
    const found = violations.map(({ id, nodes }) => `${value} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    assert.deepEqual(found, [])
  }
}

/** What a finger must hit: each side in CSS pixels, of what is no link in a sentence. */
export async function assertLargeEnough(page: Page): Promise<void> {
  const targets = 'button, summary, select, input:not([type=file]), .tree label, header a, .shares a'
  const small = await page.$$eval(targets, found =>
    found
      .filter(element => element.getClientRects().length > 0 && !element.closest('label input'))
      .map(element => ({ element, box: (element.closest('label') ?? element).getBoundingClientRect() }))
      .filter(({ box }) => box.height < 43.5 || box.width < 43.5)
      .map(({ element, box }) => `${element.outerHTML} ${box.width}×${box.height}`),
  )
  assert.deepEqual(small, [])
}
