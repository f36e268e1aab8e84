/** What has gone wrong, said once, with what can be done about it. */
import { el, setText, show } from '../dom.ts'
import type { Problem, Remedy } from '../problems.ts'

export interface ProblemView {
  readonly element: HTMLElement
  update(problem: Problem | undefined): void
}

/** @param offers what does something about it */
export function problemView(offers: Readonly<Partial<Record<Remedy, HTMLElement>>>): ProblemView {
  // Live regions are there before they speak.
  const alert = el('div', { attributes: { role: 'alert' } })
  const note = el('div', { attributes: { role: 'status' } })
  const countdown = el('p', { className: 'countdown' })
  const actions = el('div', { className: 'actions' }, ...Object.values(offers))
  const element = el('div', { className: 'problem', hidden: true }, alert, note, countdown, actions)
  let spoken = ''
  return {
    element,
    update(problem) {
      element.dataset.kind = problem?.kind ?? ''
      element.classList.toggle('alert', problem?.isAlert === true)
      element.classList.toggle('notice', problem?.isAlert === false)
      show(element, problem !== undefined)
      const words = problem === undefined ? '' : `${problem.isAlert} ${problem.text} ${problem.offer}`
      if (words !== spoken) {
        spoken = words
        const paragraphs = [problem?.text ?? '', problem?.offer ?? '']
          .filter(text => text !== '')
          .map((textContent, i) => el('p', { textContent, className: i === 0 ? 'cause' : '' }))
        alert.replaceChildren(...(problem?.isAlert === true ? paragraphs : []))
        note.replaceChildren(...(problem?.isAlert === false ? paragraphs : []))
      }
      setText(countdown, problem?.countdown ?? '')
      show(countdown, (problem?.countdown ?? '') !== '')
      for (const [remedy, offer] of Object.entries(offers)) {
        show(offer, problem?.remedies.includes(remedy as Remedy) === true)
      }
      show(actions, (problem?.remedies.length ?? 0) > 0)
    },
  }
}
