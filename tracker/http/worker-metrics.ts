/** `/metrics` of workers that share a port: whichever is asked answers for all, for Prometheus cannot choose. The first process adds them up. */
import cluster, { type Worker } from 'node:cluster'
import { AggregatorRegistry, type Registry } from 'prom-client'

type Question = { readonly allMetrics: 'ask'; readonly question: number }
type Answer = {
  readonly allMetrics: 'answer'
  readonly question: number
  readonly text?: string
  readonly error?: string
}

/** In the first process. A worker that does not answer within five seconds makes an error of the answer. */
export function addUpMetrics(): void {
  const registry = new AggregatorRegistry()
  cluster.on('message', (worker: Worker, message: Question) => {
    if (message?.allMetrics !== 'ask') return
    const answer = (rest: { text: string } | { error: string }): void => {
      if (worker.isConnected())
        worker.send({ allMetrics: 'answer', question: message.question, ...rest } satisfies Answer)
    }
    registry.clusterMetrics().then(
      text => answer({ text }),
      (error: unknown) => answer({ error: String(error) }),
    )
  })
}

/** In a worker. */
export class WorkerMetrics {
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #lastQuestion = 0

  constructor() {
    // Answers the first process, too, when that asks all.
    new AggregatorRegistry()
    process.on('message', (message: Answer) => {
      if (message?.allMetrics === 'answer') this.#waiting.get(message.question)?.(message)
    })
  }

  /** What of this worker is added up. */
  share(own: Registry): void {
    AggregatorRegistry.setRegistries(own)
  }

  /** Of all workers. @throws when one of them does not answer */
  async text(): Promise<string> {
    const question = ++this.#lastQuestion
    const { text, error } = await new Promise<Answer>(resolve => {
      this.#waiting.set(question, resolve)
      process.send!({ allMetrics: 'ask', question } satisfies Question)
    })
    this.#waiting.delete(question)
    if (text === undefined) throw new Error(error)
    return text
  }
}
