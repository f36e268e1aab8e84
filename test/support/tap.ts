/** Reads what node:test writes as TAP: the counts of its summary, and what failed and why. */

export interface Results {
  readonly passed: number
  readonly failed: number
  /** One text for each failed test: where it is, its name and the error's first lines. */
  readonly failures: readonly string[]
}

/** Lines of one error that a summary quotes. */
const ERROR_LINES_MAX = 12

/** @param report TAP 13 as node:test writes it; a report that was cut off gives what it has */
export function readTap(report: string): Results {
  const count = (word: string): number => Number(report.match(new RegExp(`^# ${word} (\\d+)$`, 'm'))?.[1] ?? 0)
  const failures: string[] = []
  for (const [, indent, name, details] of report.matchAll(
    /^( *)not ok \d+ - (.*)\n\1 {2}---\n([\s\S]*?)^\1 {2}\.\.\.$/gm,
  )) {
    if (/^ *failureType: 'subtestsFailed'$/m.test(details!)) continue
    const location = details!.match(/^ *location: '(.*)'$/m)?.[1] ?? ''
    failures.push([`${location} ${name}`, ...errorLines(details!, indent!.length + 2)].join('\n'))
  }
  return { passed: count('pass'), failed: count('fail') + count('cancelled'), failures }
}

/** The YAML field `error`, on one line or as a block. */
function errorLines(details: string, depth: number): string[] {
  const lines = details.split('\n')
  const at = lines.findIndex(line => line.startsWith(`${' '.repeat(depth)}error: `))
  if (at < 0) return []
  const first = lines[at]!.slice(depth + 'error: '.length)
  if (first !== '|-') return [`    ${first}`]
  const after = lines.slice(at + 1)
  const end = after.findIndex(line => line.trim() !== '' && !line.startsWith(' '.repeat(depth + 2)))
  return after
    .slice(0, end < 0 ? undefined : end)
    .filter(line => line.trim() !== '')
    .slice(0, ERROR_LINES_MAX)
    .map(line => `    ${line.slice(depth + 2)}`)
}
