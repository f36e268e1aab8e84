/**
 * Stands in for src/store/refusals.ts in the service worker, which shows nobody a sentence: whatever the store refuses there ends in
 * the plain answer of the network. Errors are told apart by nobody, so that they are what the platform threw.
 */
export const closedStore = () => new Error()
export const overBudget = closedStore
export const storeFailed = (_what, cause) => cause
export const sayingWhat = (_what, work) => work
export const isQuotaExceeded = () => false
