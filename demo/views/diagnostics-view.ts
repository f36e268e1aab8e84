/** The diagnostics, to be read before they are copied. */
import { el } from '../dom.ts'
import { language } from '../page-language.ts'
import { copyButton } from './copy-button.ts'

const { say } = language

export function diagnosticsView(text: () => Promise<string>): HTMLElement {
  const area = el('textarea', { readOnly: true, rows: 8, attributes: { 'aria-label': say('diagnostics') } })
  const renew = async (): Promise<string> => {
    area.value = await text()
    return area.value
  }
  const { button, spoken } = copyButton(say('copyDiagnostics'), renew, () => area.select())
  const element = el(
    'details',
    { className: 'diagnostics' },
    el('summary', { textContent: say('diagnostics') }),
    el('p', { className: 'quiet', textContent: say('diagnosticsLead') }),
    area,
    button,
    spoken,
  )
  element.ontoggle = () => {
    if (element.open) void renew()
  }
  return element
}
