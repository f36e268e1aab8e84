/** Every planted bug. */
import { CHOICE_BUGS } from './choice-bugs.ts'
import { TRUST_BUGS } from './trust-bugs.ts'
import { WAITING_BUGS } from './waiting-bugs.ts'
import type { Mutation } from './mutation.ts'

export const MUTATIONS: readonly Mutation[] = [...TRUST_BUGS, ...CHOICE_BUGS, ...WAITING_BUGS]
