/** What the simulator comes to in Node: run there when a browser's test is bundled, and handed over as data. */
import { simulatedTraces } from './sim-traces.ts'

export const tracesInNode = simulatedTraces()
