/** A button that copies, and says that it has. */
import { button, el } from '../dom.ts'
import { language } from '../page-language.ts'

/** How long the button says that it worked. */
const CONFIRMATION_MS = 2_000

const { say } = language

/** A button that copies text. @param onRefused the browser has no clipboard for pages: the text must be selected */
export function copyButton(
  label: string,
  text: () => string | Promise<string>,
  onRefused: () => void,
): { readonly button: HTMLButtonElement; readonly spoken: HTMLElement } {
  const spoken = el('span', { className: 'sr-only', attributes: { role: 'status' } })
  const copy = button(label, () => void run())
  let timer: ReturnType<typeof setTimeout> | undefined

  async function run(): Promise<void> {
    try {
      await navigator.clipboard.writeText(await text())
      copy.textContent = say('copied')
      spoken.textContent = say('linkCopied')
    } catch {
      // No clipboard without a secure context or the permission: the person can still copy by hand.
      onRefused()
      copy.textContent = say('pressToCopy')
      spoken.textContent = say('linkSelected')
    }
    clearTimeout(timer)
    timer = setTimeout(() => {
      copy.textContent = label
      spoken.textContent = ''
    }, CONFIRMATION_MS)
  }
  return { button: copy, spoken }
}
