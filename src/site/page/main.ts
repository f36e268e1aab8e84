/** `dist/shoal-page.js`: what the tag's script loads when the page is idle. */
export { startAgent } from './agent.ts'
