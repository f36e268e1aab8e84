/** The page at `/`: what the tracker does, for a person who looks. It is whole without scripts, and renews itself where they run. */
import { createHash } from 'node:crypto'
import type { TrackerStats } from './stats.ts'

const STYLE = `
:root { color-scheme: light dark; --ink: #16202a; --dim: #5a6875; --line: #d9e0e6; --card: #fff; --ground: #f4f7f9; --accent: #0b7285; --bad: #c92a2a }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --dim: #93a1ad; --line: #2b3641; --card: #182028; --ground: #0f151b; --accent: #3bc9db; --bad: #ff8787 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem }
h1 { font-size: 1.5rem; margin: 0 }
h2 { font-size: 1rem; margin: 2rem 0 .5rem }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline }
.state { color: var(--accent); font-weight: 600 }
.state.draining { color: var(--bad) }
.dim, dt, th { color: var(--dim) }
code { overflow-wrap: anywhere; background: var(--card); border: 1px solid var(--line); border-radius: .35rem; padding: .1rem .4rem }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0 0 }
dl div { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .7rem .9rem }
dt { font-size: .85rem }
dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums }
.table { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .6rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: right; padding: .45rem .9rem; white-space: nowrap }
th:first-child, td:first-child { text-align: left }
th { font-weight: 500; font-size: .85rem }
tr + tr td, tbody tr td { border-top: 1px solid var(--line) }
a { color: var(--accent) }
@media (max-width: 30rem) { th, td { padding: .45rem .5rem } }`

const SCRIPT = `
setInterval(async () => {
  if (document.hidden) return
  try {
    const answer = await fetch(location.href)
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
    document.querySelector('main').replaceWith(fresh.querySelector('main'))
  } catch {
    document.querySelector('.state').textContent = 'not reachable'
    document.querySelector('.state').classList.add('draining')
  }
}, 5000)`

/** Nothing but what stands in this file runs, and nothing is loaded. */
export const STATUS_POLICY = `default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(SCRIPT)}'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'`

/** @param address of the tracker, for clients */
export function statusPage(stats: TrackerStats, address: string): string {
  const { connections, swarms, seeds, leeches, relayed, messages, isDraining, uptimeSeconds } = stats
  const tiles: readonly (readonly [string, number])[] = [
    ['connections', connections],
    ['swarms', swarms],
    ['downloading', leeches],
    ['seeding', seeds],
    ['offers relayed', relayed.offer],
    ['answers relayed', relayed.answer],
    ['messages', messages],
    ['bytes queued', stats.queueBytes],
  ]
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shoal tracker</title>
<style>${STYLE}</style>
<main>
<header><h1>Shoal tracker</h1><span class="state${isDraining ? ' draining">going away' : '">running'}</span><span class="dim">for ${duration(uptimeSeconds)}</span></header>
<p>Peers meet here, and send each other everything else. Clients reach it at <code>${escapeHtml(address)}</code></p>
<dl>${tiles.map(([name, value]) => `<div><dt>${name}</dt><dd>${count(value)}</dd></div>`).join('')}</dl>
${sitesTable(stats)}
${rejectsTable(stats)}
<p class="dim"><a href="stats.json">stats.json</a> · <a href="metrics">metrics</a> · <a href="health">health</a></p>
</main>
<script>${SCRIPT}</script>
</html>
`
}

function sitesTable({ sites }: TrackerStats): string {
  if (sites.length === 0) return ''
  const rows = sites
    .slice(0, 20)
    .map(({ key, visitors, offload, bytes }) => [
      `<code>${escapeHtml(key.slice(0, 8))}…</code>`,
      count(visitors),
      offload === undefined ? '–' : `${Math.round(offload * 100)} %`,
      bytes === undefined ? '–' : byteCount(bytes.peers),
    ])
  return table('Sites', ['key', 'visitors', 'offload', 'bytes'], rows)
}

function rejectsTable({ rejects }: TrackerStats): string {
  const rows = Object.entries(rejects).sort(([, a], [, b]) => b - a)
  if (rows.length === 0) return ''
  const cells = rows.map(([reason, times]) => [escapeHtml(reason), count(times)])
  return table('Refused', ['reason', 'times'], cells)
}

function table(title: string, heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map(text => `<th>${text}</th>`).join('')
  const body = rows.map(cells => `<tr>${cells.map(cell => `<td>${cell}</td>`).join('')}</tr>`).join('')
  return `<h2>${title}</h2><div class="table"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
}

function count(value: number): string {
  return value.toLocaleString('en')
}

function byteCount(value: number): string {
  return new Intl.NumberFormat('en', {
    notation: 'compact',
    style: 'unit',
    unit: 'byte',
    unitDisplay: 'narrow',
  }).format(value)
}

function duration(seconds: number): string {
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const
  for (const [unit, length] of units) {
    const number = Math.floor(seconds / length)
    if (number > 0) return `${number} ${unit}${number === 1 ? '' : 's'}`
  }
  return `${seconds} s`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`)
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
